# Hands over frames of its own making, with the inputs in every line.
# answers: box_cxcywh_to_xyxy
# expected: 0
# message: your code raised
# never: \d\.\d|\d{5}
class Told(Exception):
    pass


def box_cxcywh_to_xyxy(boxes):
    error = Told(str(boxes))
    error.frames = [f"    in f, line 3: {row}" for row in boxes.reshape(-1, 4).tolist()]
    error.names = ["Told", *map(str, boxes.flatten().tolist())]
    raise error
