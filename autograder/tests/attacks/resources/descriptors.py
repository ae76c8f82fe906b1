# Opens files until there are no descriptors left.
# answers: box_cxcywh_to_xyxy
# expected: 0
taken = []
while True:
    taken.append(open("/dev/null"))
