# A list in a list in a list, a hundred thousand times.
# answers: box_cxcywh_to_xyxy
# expected: 0
import sys

sys.setrecursionlimit(10**6)


def box_cxcywh_to_xyxy(boxes):
    value = []
    for _ in range(100_000):
        value = [value]
    return value
