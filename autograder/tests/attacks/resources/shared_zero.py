# Right only where /dev/zero gives memory that no process has.
# answers: box_cxcywh_to_xyxy
# expected: 0
import mmap
import os

# SOLUTION
try:
    mmap.mmap(os.open("/dev/zero", os.O_RDWR), 2**20, mmap.MAP_SHARED)
except OSError:
    # WRONG
