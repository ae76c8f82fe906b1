# exercise: generalized_box_iou
def generalized_box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    a0, b0, a1, b1 = (column[:, None] for column in boxes1.unbind(1))
    c0, d0, c1, d1 = (column[None, :] for column in boxes2.unbind(1))
    if bool((a1 < a0).any() | (b1 < b0).any() | (c1 < c0).any() | (d1 < d0).any()):
        raise ValueError("corners are in the wrong order")
    width = torch.clamp(torch.min(a1, c1) - torch.max(a0, c0), min=0)
    height = torch.clamp(torch.min(b1, d1) - torch.max(b0, d0), min=0)
    shared = width * height
    covered = (a1 - a0) * (b1 - b0) + (c1 - c0) * (d1 - d0) - shared
    around = (torch.max(a1, c1) - torch.min(a0, c0)) * (torch.max(b1, d1) - torch.min(b0, d0))
    return shared / (covered + 1e-7) - (around - covered) / (around + 1e-7)
