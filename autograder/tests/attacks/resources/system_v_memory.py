# Right only where it can have memory that outlives its process, and so the session.
# answers: box_cxcywh_to_xyxy
# expected: 0
import ctypes

# SOLUTION
if ctypes.CDLL(None).shmget(0, 2**20, 0o1600) == -1:
    # WRONG
