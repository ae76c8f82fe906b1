# exercise: detr_loss
class DetrLoss(nn.Module):
    """One index tuple for the whole batch, logits transposed, a method for each part."""

    def __init__(
        self, num_classes, matcher, noobj_weight=0.1, weight_class=1.0, weight_bbox=5.0, weight_giou=2.0
    ):
        super().__init__()
        self.num_classes = num_classes
        self.matcher = matcher
        self.weight_dict = {"class": weight_class, "bbox": weight_bbox, "giou": weight_giou}
        empty_weight = torch.ones(num_classes + 1)
        empty_weight[-1] = noobj_weight
        self.register_buffer("empty_weight", empty_weight)

    @staticmethod
    def permutation(indices, which):
        batch = torch.cat([torch.full_like(pair[which], i) for i, pair in enumerate(indices)])
        return batch, torch.cat([pair[which] for pair in indices])

    def loss_labels(self, outputs, targets, indices):
        wanted = torch.full(outputs["pred_logits"].shape[:2], self.num_classes, dtype=torch.int64)
        labels = [t["labels"][chosen] for t, (_, chosen) in zip(targets, indices, strict=True)]
        wanted[self.permutation(indices, 0)] = torch.cat(labels)
        wanted = wanted.to(outputs["pred_logits"].device)
        return F.cross_entropy(outputs["pred_logits"].transpose(1, 2), wanted, self.empty_weight)

    def loss_boxes(self, outputs, targets, indices, number):
        mine = outputs["pred_boxes"][self.permutation(indices, 0)]
        theirs = torch.cat([t["boxes"][chosen] for t, (_, chosen) in zip(targets, indices, strict=True)])
        giou = torch.diag(generalized_box_iou(box_cxcywh_to_xyxy(mine), box_cxcywh_to_xyxy(theirs)))
        return F.l1_loss(mine, theirs, reduction="none").sum() / number, (1 - giou).sum() / number

    def parts(self, outputs, targets):
        number = torch.as_tensor([len(t["labels"]) for t in targets]).sum().clamp(min=1).item()
        indices = self.matcher(outputs, targets)
        bbox, giou = self.loss_boxes(outputs, targets, indices, number)
        return {"class": self.loss_labels(outputs, targets, indices), "bbox": bbox, "giou": giou}

    def forward(self, outputs, targets):
        last = self.parts({k: v for k, v in outputs.items() if k != "aux_outputs"}, targets)
        total = sum(last[k] * self.weight_dict[k] for k in last)
        if "aux_outputs" in outputs:
            for aux_outputs in outputs["aux_outputs"]:
                losses = self.parts(aux_outputs, targets)
                total = total + sum(losses[k] * self.weight_dict[k] for k in losses)
        last["total"] = total
        return last
