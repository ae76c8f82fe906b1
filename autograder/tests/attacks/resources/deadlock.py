# Waits for a lock that it holds itself.
# answers: box_cxcywh_to_xyxy
# expected: 0
# message: too long
import threading

lock = threading.Lock()


def box_cxcywh_to_xyxy(boxes):
    with lock, lock:
        return boxes
