# exercise: matcher
def assign(cost):
    """Solve the assignment problem by shortest augmenting paths, rows at most as many as columns."""
    n, m = len(cost), len(cost[0]) if cost else 0
    u, v = [0.0] * (n + 1), [0.0] * (m + 1)
    match, way = [0] * (m + 1), [0] * (m + 1)
    for row in range(1, n + 1):
        match[0], column = row, 0
        least, used = [float("inf")] * (m + 1), [False] * (m + 1)
        while True:
            used[column], current, delta, following = True, match[column], float("inf"), 0
            for j in range(1, m + 1):
                if not used[j]:
                    reduced = cost[current - 1][j - 1] - u[current] - v[j]
                    if reduced < least[j]:
                        least[j], way[j] = reduced, column
                    if least[j] < delta:
                        delta, following = least[j], j
            for j in range(m + 1):
                if used[j]:
                    u[match[j]] += delta
                    v[j] -= delta
                else:
                    least[j] -= delta
            column = following
            if match[column] == 0:
                break
        while column:
            match[column] = match[way[column]]
            column = way[column]
    return [(match[j] - 1, j - 1) for j in range(1, m + 1) if match[j]]


class HungarianMatcher(nn.Module):
    """The Hungarian method written by hand, on whichever side is the shorter."""

    def __init__(self, cost_class: float = 1.0, cost_bbox: float = 5.0, cost_giou: float = 2.0):
        super().__init__()
        self.cost_class, self.cost_bbox, self.cost_giou = cost_class, cost_bbox, cost_giou

    def forward(self, outputs, targets):
        found = []
        predictions = zip(outputs["pred_logits"].detach().cpu(), outputs["pred_boxes"].detach().cpu())
        for number, ((logits, boxes), target) in enumerate(zip(predictions, targets)):
            if not (logits.isfinite().all() and boxes.isfinite().all()):
                raise ValueError(f"Image {number} has predictions that are not finite.")
            corners, wanted = box_cxcywh_to_xyxy(boxes), box_cxcywh_to_xyxy(target["boxes"])
            cost = -self.cost_class * torch.softmax(logits, -1).index_select(1, target["labels"])
            for k in range(4):
                cost += self.cost_bbox * (boxes[:, k, None] - target["boxes"][None, :, k]).abs()
            cost -= self.cost_giou * generalized_box_iou(corners, wanted)
            if cost.shape[0] <= cost.shape[1]:
                pairs = assign(cost.tolist())
            else:
                pairs = [(query, thing) for thing, query in assign(cost.T.tolist())]
            found.append(torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).unbind(1))
        return found
