# A tensor larger than a reply may be.
# answers: box_cxcywh_to_xyxy
# expected: 0
import torch


def box_cxcywh_to_xyxy(boxes):
    return torch.zeros(100_000_000)
