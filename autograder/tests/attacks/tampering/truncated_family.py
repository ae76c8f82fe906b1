# Right only where a number that the kernel cuts off gets it a socket of another family.
# answers: box_cxcywh_to_xyxy
# expected: 0
import ctypes
import platform

number = 198 if platform.machine() == "aarch64" else 41
numbers = [ctypes.c_long(value) for value in (number, 2**32 + 16, 3, 0)]

# SOLUTION
if ctypes.CDLL(None).syscall(*numbers) == -1:
    # WRONG
