# Makes a system call as programs of 32 bits do: the same number means another one there.
# answers: box_cxcywh_to_xyxy
# expected: 0
import ctypes
import mmap

code = mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)
code.write(bytes.fromhex("b814000000cd80c3"))
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()

# SOLUTION
