# Right only where it has a socket to the hypervisor, which is a way to other machines.
# answers: box_cxcywh_to_xyxy
# expected: 0
import socket

# SOLUTION
try:
    socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
except OSError:
    # WRONG
