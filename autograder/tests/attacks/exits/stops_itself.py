# Stops its process without ending it.
# answers: box_cxcywh_to_xyxy
# expected: 0
# message: too long
import os
import signal


def box_cxcywh_to_xyxy(boxes):
    os.kill(os.getpid(), signal.SIGSTOP)
