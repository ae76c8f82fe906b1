# Forks in a call, so that two processes answer.
# answers: box_cxcywh_to_xyxy
# expected: 0
import os


def box_cxcywh_to_xyxy(boxes):
    os.fork()
    return boxes
