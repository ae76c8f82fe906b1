# Right for a sixteenth of each second.
# answers: box_cxcywh_to_xyxy
# expected: 0
import time

# SOLUTION

right = box_cxcywh_to_xyxy


def box_cxcywh_to_xyxy(boxes):
    time.sleep(1 / 15)
    return right(boxes) if time.time() % 1 < 1 / 16 else boxes
