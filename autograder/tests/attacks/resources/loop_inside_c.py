# Never comes back to the interpreter, so no signal handler runs.
# answers: box_cxcywh_to_xyxy
# expected: 0
# message: too long
import re


def box_cxcywh_to_xyxy(boxes):
    return re.match(r"(a|a)*$", "a" * 60 + "b")
