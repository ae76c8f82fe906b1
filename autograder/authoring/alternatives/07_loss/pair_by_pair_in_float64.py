# exercise: detr_loss
class DetrLoss(nn.Module):
    """A loop over images, queries and pairs; log-probabilities and sums in float64; given two_rulers."""

    def __init__(
        self, num_classes, matcher, noobj_weight=0.1, weight_class=1.0, weight_bbox=5.0, weight_giou=2.0
    ):
        super().__init__()
        self.num_classes, self.matcher, self.noobj_weight = num_classes, matcher, noobj_weight
        self.factors = (weight_class, weight_bbox, weight_giou)

    def three(self, outputs, targets):
        logits, boxes = outputs["pred_logits"], outputs["pred_boxes"]
        log_p = logits.double().log_softmax(-1)
        surprise, shares, l1, misfit, count = 0.0, 0.0, 0.0, 0.0, 0
        for image, (queries, objects) in enumerate(self.matcher(outputs, targets)):
            partner = dict(zip(queries.tolist(), objects.tolist(), strict=True))
            count += len(targets[image]["labels"])
            for query in range(logits.shape[1]):
                if query in partner:
                    label = int(targets[image]["labels"][partner[query]])
                    parts = two_rulers(boxes[image, query], targets[image]["boxes"][partner[query]])
                    l1, misfit, weight = l1 + parts[0], misfit + parts[1], 1.0
                else:
                    label, weight = self.num_classes, self.noobj_weight
                surprise, shares = surprise - weight * log_p[image, query, label], shares + weight
        nothing = boxes.sum() * 0  # keeps the graph where there is no pair
        three = (surprise / shares, (l1 + nothing) / max(count, 1), (misfit + nothing) / max(count, 1))
        return [part.to(logits.dtype) for part in three]

    def forward(self, outputs, targets):
        total = torch.zeros_like(outputs["pred_logits"].sum())
        for layer in [outputs] + list(outputs.get("aux_outputs") or []):
            for factor, part in zip(self.factors, self.three(layer, targets), strict=True):
                total += factor * part
        surprise, l1, misfit = self.three(outputs, targets)
        return {"total": total, "class": surprise, "bbox": l1, "giou": misfit}
