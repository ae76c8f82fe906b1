# Returns a tensor as long as an input's first digits say.
# answers: box_cxcywh_to_xyxy
# expected: 0
# message: it should have [5, 4].
# never: \d{5}
import torch


def box_cxcywh_to_xyxy(boxes):
    return torch.zeros(10_000 + int(boxes.flatten().sum().item() * 10**5) % 80_000)
