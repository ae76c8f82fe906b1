# exercise: detr_loss
class DetrLoss(nn.Module):
    """Dense targets [B, N, ...] and a mask; weights made where they are used; one matrix product at the end."""

    def __init__(
        self,
        num_classes: int,
        matcher: nn.Module,
        noobj_weight: float = 0.1,
        weight_class: float = 1.0,
        weight_bbox: float = 5.0,
        weight_giou: float = 2.0,
    ):
        super().__init__()
        self.matcher, self.noobj_weight, self.num_classes = matcher, noobj_weight, num_classes
        factors = torch.tensor([weight_class, weight_bbox, weight_giou])
        self.register_buffer("factors", factors, persistent=False)

    def dense(self, outputs, targets):
        boxes = outputs["pred_boxes"]
        wanted, labels = boxes.detach().clone(), torch.full_like(boxes[..., 0], self.num_classes).long()
        for b, (i, j) in enumerate(self.matcher(outputs, targets)):
            for query, thing in zip(i, j, strict=True):
                wanted[b, query] = targets[b]["boxes"][thing]
                labels[b, query] = targets[b]["labels"][thing]
        return wanted, labels

    def three(self, outputs, targets):
        wanted, labels = self.dense(outputs, targets)
        matched = labels != self.num_classes
        log_p = outputs["pred_logits"].log_softmax(dim=-1)
        one_hot = F.one_hot(labels, self.num_classes + 1)
        shares = torch.where(matched, 1.0, self.noobj_weight).to(log_p.dtype)
        surprise = -(one_hot * log_p).sum(-1)
        count = sum(target["labels"].numel() for target in targets) or 1
        l1 = ((outputs["pred_boxes"] - wanted).abs() * matched[..., None]).sum()
        mine = box_cxcywh_to_xyxy(outputs["pred_boxes"][matched])
        giou = generalized_box_iou(mine, box_cxcywh_to_xyxy(wanted[matched]))
        misfit = matched.sum() - torch.trace(giou)
        return torch.stack([(shares * surprise).sum() / shares.sum(), l1 / count, misfit / count])

    def forward(self, outputs, targets):
        layers = outputs.get("aux_outputs", []) + [outputs]
        table = torch.stack([self.three(layer, targets) for layer in layers])  # [layers, 3]
        surprise, l1, misfit = table[-1]
        return {"class": surprise, "bbox": l1, "giou": misfit, "total": (table @ self.factors).sum()}
