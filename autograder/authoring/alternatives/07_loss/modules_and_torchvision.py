# exercise: detr_loss
from torchvision.ops import generalized_box_iou_loss


class DetrLoss(nn.Module):
    """The weights inside an nn.CrossEntropyLoss; torchvision's GIoU of pairs; recursion over the layers."""

    def __init__(
        self, num_classes, matcher, noobj_weight=0.1, weight_class=1.0, weight_bbox=5.0, weight_giou=2.0
    ):
        super().__init__()
        self.matcher, self.num_classes = matcher, num_classes
        self.cross_entropy = nn.CrossEntropyLoss(torch.tensor([1.0] * num_classes + [noobj_weight]))
        self.l1 = nn.L1Loss(reduction="sum")
        self.w = weight_class, weight_bbox, weight_giou

    def forward(self, outputs, targets):
        logits = outputs["pred_logits"]
        wanted = torch.zeros(logits.shape[:2], dtype=torch.int64, device=logits.device)
        wanted += logits.shape[-1] - 1
        pairs = [
            (outputs["pred_boxes"][b][queries], targets[b]["boxes"][objects])
            for b, (queries, objects) in enumerate(self.matcher(outputs, targets))
            if not wanted[b]
            .scatter_(0, queries.to(wanted.device), targets[b]["labels"][objects])
            .isnan()
            .any()
        ]
        mine, theirs = map(torch.cat, zip(*pairs, strict=True))
        number = max(sum(target["boxes"].shape[0] for target in targets), 1)
        corners = box_cxcywh_to_xyxy(mine), box_cxcywh_to_xyxy(theirs)
        losses = {
            "class": self.cross_entropy(logits.flatten(end_dim=1), wanted.view(-1)),
            "bbox": self.l1(mine, theirs) / number,
            "giou": generalized_box_iou_loss(*corners, reduction="sum", eps=1e-9) / number,
        }
        losses["total"] = sum(w * loss for w, loss in zip(self.w, list(losses.values()), strict=True))
        for aux in outputs.get("aux_outputs", ()):
            losses["total"] = losses["total"] + self(aux, targets)["total"]
        return losses
