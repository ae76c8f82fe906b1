# exercise: box_cxcywh_to_xyxy
def box_cxcywh_to_xyxy(boxes: Tensor) -> Tensor:
    corners = torch.empty_like(boxes)
    corners[..., 0] = boxes[..., 0] - boxes[..., 2] / 2
    corners[..., 1] = boxes[..., 1] - boxes[..., 3] / 2
    corners[..., 2] = corners[..., 0] + boxes[..., 2]
    corners[..., 3] = corners[..., 1] + boxes[..., 3]
    return corners
