# answers: box_cxcywh_to_xyxy
# expected: 0
# message: crashed
import ctypes


def box_cxcywh_to_xyxy(boxes):
    return ctypes.string_at(0)
