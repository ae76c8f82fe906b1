# answers: box_cxcywh_to_xyxy
# expected: 0
# SOLUTION

right, calls = box_cxcywh_to_xyxy, []


def box_cxcywh_to_xyxy(boxes):
    calls.append(1)
    return right(boxes) if len(calls) < 4 else boxes
