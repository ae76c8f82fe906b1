# Writes into its argument, as many learners do; the numbers are right.
# answers: box_cxcywh_to_xyxy
# expected: full
import torch


def box_cxcywh_to_xyxy(boxes):
    corners = torch.cat([boxes[..., :2] - boxes[..., 2:] / 2, boxes[..., :2] + boxes[..., 2:] / 2], dim=-1)
    boxes *= 0.5
    return corners
