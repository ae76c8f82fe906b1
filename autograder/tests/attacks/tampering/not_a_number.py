# Returns NaN, which some comparisons never find wrong.
# answers: box_cxcywh_to_xyxy
# expected: 0
# message: NaN or infinite
def box_cxcywh_to_xyxy(boxes):
    return boxes * float("nan")
