# A hundred thousand small tensors in one reply.
# answers: box_cxcywh_to_xyxy
# expected: 0
def box_cxcywh_to_xyxy(boxes):
    return [boxes.sum()] * 100_000
