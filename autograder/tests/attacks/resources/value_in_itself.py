# answers: box_cxcywh_to_xyxy
# expected: 0
def box_cxcywh_to_xyxy(boxes):
    value = []
    value.append(value)
    return value
