# exercise: detr_loss
from collections import OrderedDict


class DetrLoss(nn.Module):
    """Numerators and denominators collected image by image, images without objects skipped for the boxes."""

    def __init__(
        self, num_classes, matcher, noobj_weight=0.1, weight_class=1.0, weight_bbox=5.0, weight_giou=2.0
    ):
        super().__init__()
        self.num_classes, self.matcher = num_classes, matcher
        self.weight_class, self.weight_bbox, self.weight_giou = weight_class, weight_bbox, weight_giou
        self.register_buffer("w", torch.cat([torch.ones(num_classes), torch.tensor([noobj_weight])]))

    def judge(self, outputs, targets):
        pairs = self.matcher(outputs, targets)
        top, bottom = [], []
        l1 = giou = outputs["pred_boxes"].new_zeros(())
        for b, target in enumerate(targets):
            queries, objects = pairs[b]
            wanted = [self.num_classes] * outputs["pred_logits"].shape[1]
            for query, thing in zip(queries.tolist(), objects.tolist(), strict=True):
                wanted[query] = target["labels"][thing].item()
            wanted = torch.tensor(wanted, device=self.w.device)
            losses = F.nll_loss(outputs["pred_logits"][b].log_softmax(1), wanted, reduction="none")
            top.append((self.w[wanted] * losses).sum())
            bottom.append(self.w[wanted].sum())
            if len(queries):
                mine, theirs = outputs["pred_boxes"][b, queries], target["boxes"][objects]
                l1 = l1 + torch.dist(mine.flatten(), theirs.flatten(), p=1)
                overlap = generalized_box_iou(*map(box_cxcywh_to_xyxy, (mine, theirs)))
                giou = giou + (1 - overlap).diagonal().sum()
        count = max(1.0, float(sum(len(target["boxes"]) for target in targets)))
        return sum(top) / sum(bottom), l1 / count, giou / count

    def forward(self, outputs, targets):
        total = 0
        for layer in (*outputs.get("aux_outputs", []), outputs):
            ce, l1, giou = self.judge(layer, targets)
            total = total + self.weight_class * ce + self.weight_bbox * l1 + self.weight_giou * giou
        return OrderedDict(total=total, giou=giou, bbox=l1, **{"class": ce})
