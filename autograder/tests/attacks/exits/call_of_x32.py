# Makes a system call by the convention of x32.
# answers: box_cxcywh_to_xyxy
# expected: 0
import ctypes

if ctypes.CDLL(None).syscall(0x40000000 | 39) == -1:
    # WRONG
else:
    # SOLUTION
