# A number whose decimal form takes long.
# answers: box_cxcywh_to_xyxy
# expected: 0
def box_cxcywh_to_xyxy(boxes):
    return 1 << 10_000_000
