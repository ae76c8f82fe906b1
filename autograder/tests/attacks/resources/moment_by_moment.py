# Computes without end in children that live for a moment each, while it ignores that they end.
# answers: box_cxcywh_to_xyxy
# expected: 0
# message: too long
import os
import signal
import time


def box_cxcywh_to_xyxy(boxes):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        if not os.fork():
            while time.process_time() < 0.02:
                pass
            os._exit(0)
        try:
            os.wait()
        except ChildProcessError:
            pass
