# Computes without end in children whose parents have ended.
# answers: box_cxcywh_to_xyxy
# expected: 0
# message: too long
import os
import time


def box_cxcywh_to_xyxy(boxes):
    while True:
        if not os.fork():
            if not os.fork():
                while time.process_time() < 0.02:
                    pass
            os._exit(0)
        os.wait()
