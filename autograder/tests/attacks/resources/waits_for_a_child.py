# Waits for a process that waits for it.
# answers: box_cxcywh_to_xyxy
# expected: 0
# message: too long
import os


def box_cxcywh_to_xyxy(boxes):
    reading, writing = os.pipe()
    if not os.fork():
        os.read(reading, 1)
        os._exit(0)
    os.waitpid(-1, 0)
    return boxes
