# Right only where a socket keeps 4 MiB, which is memory of no process.
# answers: box_cxcywh_to_xyxy
# expected: 0
import socket

# SOLUTION
try:
    socket.socketpair()[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)
except OSError:
    # WRONG
