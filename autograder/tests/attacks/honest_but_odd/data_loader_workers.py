# Starts processes of its own while it is defined.
# answers: box_cxcywh_to_xyxy
# expected: full
import torch
from torch.utils.data import DataLoader

loader = DataLoader(list(torch.eye(4)), num_workers=2, batch_size=2)
halves = sum(batch.sum() for batch in loader) / 8


def box_cxcywh_to_xyxy(boxes):
    cx, cy, w, h = boxes.unbind(-1)
    return torch.stack([cx - halves * w, cy - halves * h, cx + halves * w, cy + halves * h], dim=-1)
