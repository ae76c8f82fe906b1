# exercise: matcher
class HungarianMatcher(nn.Module):
    """Targets padded to the longest, the cost maximised as a score, the pairs listed backwards."""

    def __init__(self, cost_class: float = 1.0, cost_bbox: float = 5.0, cost_giou: float = 2.0):
        super().__init__()
        self.register_buffer("factors", torch.tensor([cost_class, cost_bbox, cost_giou]))

    def forward(self, outputs, targets):
        with torch.no_grad():
            labels = nn.utils.rnn.pad_sequence([t["labels"] for t in targets], batch_first=True)
            wanted = nn.utils.rnn.pad_sequence([t["boxes"] for t in targets], batch_first=True)
            logits, boxes = outputs["pred_logits"], outputs["pred_boxes"]
            for name, values in outputs.items():
                for number, value in enumerate(values.sum((1, 2)).tolist()):
                    if value != value or abs(value) == float("inf"):
                        raise ValueError(f"{name} of image {number} of {len(targets)} is {value}")
            index = labels[:, None].expand(-1, logits.shape[1], -1)
            probability = torch.softmax(logits, dim=2).gather(2, index)
            distance = torch.cdist(boxes, wanted, p=1.0)
            giou = torch.stack(
                [
                    generalized_box_iou(box_cxcywh_to_xyxy(mine), box_cxcywh_to_xyxy(theirs))
                    for mine, theirs in zip(boxes, wanted)
                ]
            )
            parts = torch.stack([probability, -distance, giou], dim=-1)
            score = (parts * self.factors).sum(-1).cpu().numpy()
        found = []
        for number, target in enumerate(targets):
            rows, columns = linear_sum_assignment(
                score[number, :, : len(target["labels"])], maximize=True
            )
            found.append((torch.tensor(rows[::-1].copy()), torch.tensor(columns[::-1].copy())))
        return found
