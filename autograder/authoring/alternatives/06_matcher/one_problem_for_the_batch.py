# exercise: matcher
import numpy as np


class HungarianMatcher(nn.Module):
    """All images as one assignment problem, in which pairs across images are forbiddingly dear."""

    def __init__(self, cost_class: float = 1.0, cost_bbox: float = 5.0, cost_giou: float = 2.0):
        super().__init__()
        self.cost_class, self.cost_bbox, self.cost_giou = cost_class, cost_bbox, cost_giou

    @torch.inference_mode()
    def forward(self, outputs, targets):
        logits, boxes = outputs["pred_logits"], outputs["pred_boxes"]
        bad = ~(logits.isfinite().all(-1) & boxes.isfinite().all(-1)).all(-1)
        if bad.any():
            raise ValueError(f"not finite in image {bad.nonzero()[0].item()}")
        B, N = logits.shape[:2]
        owner = np.repeat(np.arange(B), [len(t["labels"]) for t in targets])
        labels, wanted = (torch.cat([t[name] for t in targets]) for name in ("labels", "boxes"))
        mine = boxes.reshape(-1, 4)
        cost = self.cost_bbox * (mine[:, None] - wanted).abs().sum(2)
        cost = cost - self.cost_class * logits.softmax(2).reshape(B * N, -1)[:, labels]
        cost = cost - self.cost_giou * generalized_box_iou(
            box_cxcywh_to_xyxy(mine), box_cxcywh_to_xyxy(wanted)
        )
        cost = cost.double().cpu().numpy()
        cost[np.arange(B * N)[:, None] // N != owner] = 1e6
        rows, columns = linear_sum_assignment(cost)
        answer = []
        for image in range(B):
            own = (rows // N == image) & (owner[columns] == image)
            first = int((owner < image).sum())
            queries, things = rows[own] - image * N, columns[own] - first
            answer.append(torch.tensor(np.stack([queries, things]), dtype=torch.int64))
        return answer
