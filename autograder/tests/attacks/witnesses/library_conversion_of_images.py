# The conversion that torchvision's transforms have for themselves.
# answers: box_cxcywh_to_xyxy
# expected: 0
# message: write it yourself
def box_cxcywh_to_xyxy(boxes):
    from torchvision.transforms.v2 import functional

    return functional.convert_bounding_box_format(boxes, old_format="cxcywh", new_format="xyxy")
