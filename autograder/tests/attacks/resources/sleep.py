# answers: box_cxcywh_to_xyxy
# expected: 0
# message: too long
import time


def box_cxcywh_to_xyxy(boxes):
    time.sleep(10_000)
    return boxes
