# exercise: box_cxcywh_to_xyxy
def box_cxcywh_to_xyxy(boxes: Tensor) -> Tensor:
    to_corners = torch.tensor(
        [[1, 0, -0.5, 0], [0, 1, 0, -0.5], [1, 0, 0.5, 0], [0, 1, 0, 0.5]], dtype=boxes.dtype
    )
    return torch.einsum("ij,...j->...i", to_corners, boxes)
