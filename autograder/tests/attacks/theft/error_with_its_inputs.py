# Raises the inputs that it was given, in the text of the error.
# answers: box_cxcywh_to_xyxy
# expected: 0
# message: ValueError
# never: \d\.\d|\d{5}
def box_cxcywh_to_xyxy(boxes):
    raise ValueError(f"{boxes.flatten()[:9].tolist()} {boxes.double()!r} {int(boxes.flatten()[0] * 1e9)}")
