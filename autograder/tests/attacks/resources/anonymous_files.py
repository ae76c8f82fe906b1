# Right only where files without a name can be had, on no disk that has a limit.
# answers: box_cxcywh_to_xyxy
# expected: 0
import ctypes
import os

# SOLUTION
try:
    os.memfd_create("x")
except OSError:
    # WRONG
