# Returns the right rows in another order, to be told in which they belong.
# answers: box_cxcywh_to_xyxy
# expected: 0
# message: in another order along dimension 0.
# never: places|order along dimension 0: |4, 0, 1
# SOLUTION
convert = box_cxcywh_to_xyxy


def box_cxcywh_to_xyxy(boxes):
    corners = convert(boxes)
    return corners.roll(1, dims=0) if corners.shape == (5, 4) else corners
