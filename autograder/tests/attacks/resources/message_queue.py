# Right only where it can leave a message for the next session in a queue.
# answers: box_cxcywh_to_xyxy
# expected: 0
import ctypes

libc = ctypes.CDLL(None)

# SOLUTION
if libc.msgget(0, 0o1600) == -1 and libc.mq_open(b"/queue", 0o102, 0o600, None) == -1:
    # WRONG
