# answers: box_cxcywh_to_xyxy
# expected: full
import torch


def box_cxcywh_to_xyxy(boxes):
    exact = boxes.double()
    centre, half = exact[..., :2], exact[..., 2:] / 2
    return torch.cat([centre - half, centre + half], dim=-1).to(boxes.dtype)
