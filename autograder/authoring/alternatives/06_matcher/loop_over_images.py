# exercise: matcher
class HungarianMatcher(nn.Module):
    """One image after the other; costs as 1 - probability and 1 - GIoU."""

    def __init__(self, cost_class=1.0, cost_bbox=5.0, cost_giou=2.0):
        super().__init__()
        self.weights = cost_class, cost_bbox, cost_giou

    @torch.no_grad()
    def forward(self, outputs, targets):
        pairs = []
        for image, target in enumerate(targets):
            logits, boxes = outputs["pred_logits"][image], outputs["pred_boxes"][image]
            if not (torch.isfinite(logits).all() and torch.isfinite(boxes).all()):
                raise ValueError(f"predictions of image {image} are not finite")
            a, b, c = self.weights
            probability = logits.softmax(-1)[:, target["labels"]]
            distance = (boxes[:, None] - target["boxes"][None]).abs().sum(-1)
            giou = generalized_box_iou(box_cxcywh_to_xyxy(boxes), box_cxcywh_to_xyxy(target["boxes"]))
            cost = a * (1 - probability) + b * distance + c * (1 - giou)
            rows, columns = linear_sum_assignment(cost.cpu())
            pairs.append((torch.from_numpy(rows).long(), torch.from_numpy(columns).long()))
        return pairs
