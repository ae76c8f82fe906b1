# answers: box_cxcywh_to_xyxy
# expected: full
import torch

ANMERKUNG = "größer 🐈 \u202e ‮"


def box_cxcywh_to_xyxy(boxes):
    μx, μy, 幅, 高さ = boxes.unbind(-1)  # noqa: RUF001
    return torch.stack([μx - 幅 / 2, μy - 高さ / 2, μx + 幅 / 2, μy + 高さ / 2], dim=-1)
