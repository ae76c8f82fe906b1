# exercise: generalized_box_iou
def generalized_box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    both = [boxes1.double(), boxes2.double()]
    if any(not bool(torch.all(boxes[:, 2:] >= boxes[:, :2])) for boxes in both):
        raise ValueError("x1 < x0 or y1 < y0")

    def area(low, high):
        sides = (high - low).clamp(min=0)
        return sides[..., 0] * sides[..., 1]

    def share(part, whole):
        empty = whole == 0
        return torch.where(empty, 0.0, part / torch.where(empty, 1.0, whole))

    one, two = both[0].unsqueeze(1), both[1].unsqueeze(0)
    inside = area(torch.max(one[..., :2], two[..., :2]), torch.min(one[..., 2:], two[..., 2:]))
    around = area(torch.min(one[..., :2], two[..., :2]), torch.max(one[..., 2:], two[..., 2:]))
    union = area(one[..., :2], one[..., 2:]) + area(two[..., :2], two[..., 2:]) - inside
    return (share(inside, union) - share(around - union, around)).float()
