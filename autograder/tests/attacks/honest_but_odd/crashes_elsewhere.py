# A later line of the cell is broken; the answer above it is right.
# answers: box_cxcywh_to_xyxy
# expected: full
# SOLUTION

print(box_cxcywh_to_xyxy(torch.zeros(4)) / nonsense)
