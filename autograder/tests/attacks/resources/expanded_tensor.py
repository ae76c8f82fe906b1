# One number, expanded to a tensor of 10^12.
# answers: box_cxcywh_to_xyxy
# expected: 0
def box_cxcywh_to_xyxy(boxes):
    return boxes.sum().expand(10**12)
