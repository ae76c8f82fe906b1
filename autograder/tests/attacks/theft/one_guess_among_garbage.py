# Asks whether one number is right, by the share of those that are wrong.
# answers: box_cxcywh_to_xyxy
# expected: 0
# message: has the right shape, but not the right numbers.
# never: %|all of|only the places|largest
import torch


def box_cxcywh_to_xyxy(boxes):
    x, y, w, h = boxes.unbind(-1)
    garbage = torch.full_like(x, 17.0)
    return torch.stack([x - w / 2, garbage, garbage, garbage], -1)
