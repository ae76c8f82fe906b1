# Recurses until the stack of the process is full.
# answers: box_cxcywh_to_xyxy
# expected: 0
import sys

sys.setrecursionlimit(10**9)


class Deep:
    def __getattr__(self, name):
        return eval("self." + name)


def box_cxcywh_to_xyxy(boxes):
    return Deep().deeper
