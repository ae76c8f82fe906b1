# Right now and then.
# answers: box_cxcywh_to_xyxy
# expected: 0
import random

# SOLUTION

right = box_cxcywh_to_xyxy


def box_cxcywh_to_xyxy(boxes):
    return right(boxes) if random.SystemRandom().random() < 1 / 16 else boxes
