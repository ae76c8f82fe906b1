# Stays below the limit of one process, in many.
# answers: box_cxcywh_to_xyxy
# expected: 0
import os
import time

for _ in range(100):
    try:
        if not os.fork():
            taken = bytearray(b"x" * (512 * 1024 * 1024))
            time.sleep(1000)
    except OSError:
        break

# WRONG
