# Right only where a socket of any kind but UNIX's can be had.
# answers: box_cxcywh_to_xyxy
# expected: 0
import socket

# SOLUTION


def opens(family, kind):
    try:
        socket.socket(family, kind).close()
    except OSError:
        return False
    return True


if not any(opens(family, kind) for family in range(2, 64) for kind in (1, 2, 3, 5)):
    # WRONG
