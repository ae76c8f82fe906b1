# exercise: box_cxcywh_to_xyxy
def box_cxcywh_to_xyxy(boxes: Tensor) -> Tensor:
    rows = boxes.reshape(-1, 4).double().T
    edges = torch.stack(
        [rows[0] - rows[2] / 2, rows[1] - rows[3] / 2, rows[0] + rows[2] / 2, rows[1] + rows[3] / 2]
    )
    return edges.T.reshape(boxes.shape).to(boxes.dtype)
