# Writes into its argument; the numbers are right. The notebook's check refuses it, and so does grading.
# answers: box_cxcywh_to_xyxy
# expected: 0
# message: changes its argument `boxes` in place
import torch


def box_cxcywh_to_xyxy(boxes):
    corners = torch.cat([boxes[..., :2] - boxes[..., 2:] / 2, boxes[..., :2] + boxes[..., 2:] / 2], dim=-1)
    boxes *= 0.5
    return corners
