# answers: box_cxcywh_to_xyxy
# expected: 0
# message: too long
while True:
    pass
