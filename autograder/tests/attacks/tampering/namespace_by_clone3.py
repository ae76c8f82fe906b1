# Right only where it becomes root of a user namespace by clone3, whose flags lie in memory.
# answers: box_cxcywh_to_xyxy
# expected: 0
import ctypes
import os

arguments = (ctypes.c_uint64 * 8)(0x10000000, 0, 0, 0, 17)
child = ctypes.CDLL(None).syscall(435, arguments, ctypes.sizeof(arguments))
if child == 0:
    os._exit(0)

# SOLUTION
if child == -1:
    # WRONG
