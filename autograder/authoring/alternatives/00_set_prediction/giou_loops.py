# exercise: generalized_box_iou
def generalized_box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    for box in [*boxes1, *boxes2]:
        if box[2] < box[0] or box[3] < box[1]:
            raise ValueError(f"not a box: {box.tolist()}")
    result = boxes1.new_zeros(len(boxes1), len(boxes2))
    for i, a in enumerate(boxes1):
        for j, b in enumerate(boxes2):
            width = (torch.minimum(a[2], b[2]) - torch.maximum(a[0], b[0])).clamp(min=0)
            height = (torch.minimum(a[3], b[3]) - torch.maximum(a[1], b[1])).clamp(min=0)
            area_a, area_b = (a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1])
            union = area_a + area_b - width * height
            hull = (torch.maximum(a[2], b[2]) - torch.minimum(a[0], b[0])) * (
                torch.maximum(a[3], b[3]) - torch.minimum(a[1], b[1])
            )
            if union > 0:
                result[i, j] = width * height / union
            if hull > 0:
                result[i, j] = result[i, j] - 1 + union / hull
    return result
