# Takes all inodes instead of all bytes.
# answers: box_cxcywh_to_xyxy
# expected: 0
number = 0
while True:
    open(f"file-{number}", "w").close()
    number += 1
