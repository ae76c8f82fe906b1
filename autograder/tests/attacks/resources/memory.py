# Takes memory until there is none, and uses it.
# answers: box_cxcywh_to_xyxy
# expected: 0
taken = []
while True:
    taken.append(bytearray(b"x" * (256 * 1024 * 1024)))
