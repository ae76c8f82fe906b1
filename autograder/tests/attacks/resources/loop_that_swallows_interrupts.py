# answers: box_cxcywh_to_xyxy
# expected: 0
# message: too long
import signal

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass


def box_cxcywh_to_xyxy(boxes):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
