# Leaves a process behind that has a session of its own.
# answers: box_cxcywh_to_xyxy
# expected: 0
import os
import time

if not os.fork():
    os.setsid()
    if not os.fork():
        os.closerange(0, 4096)
        while True:
            time.sleep(0.1)
    os._exit(0)

# WRONG
