# Is off by the same amount everywhere, to be told by how much.
# answers: box_cxcywh_to_xyxy
# expected: 0
# message: has the right shape, but not the right numbers.
# never: larger|smaller|times|\d\.\d
# SOLUTION
convert = box_cxcywh_to_xyxy


def box_cxcywh_to_xyxy(boxes):
    return convert(boxes) + 0.37109375
