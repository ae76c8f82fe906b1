# answers: box_cxcywh_to_xyxy
# expected: 0
# says: too long
while True:
    pass
