# answers: box_cxcywh_to_xyxy
# expected: 0
import os
import sys

for _ in range(200):
    print("flood " * 100_000)
    sys.stderr.write("flood " * 100_000)
    os.write(1, b"flood " * 100_000)
    os.write(2, b"flood " * 100_000)

# WRONG
