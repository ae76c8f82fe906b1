# exercise: matcher
import math


class HungarianMatcher(nn.Module):
    """Plain Python floats: one pair of a query and an object after the other."""

    def __init__(self, cost_class=1.0, cost_bbox=5.0, cost_giou=2.0):
        super().__init__()
        self.cost_class, self.cost_bbox, self.cost_giou = cost_class, cost_bbox, cost_giou

    def pair_cost(self, logits, box, label, wanted):
        top = max(logits)
        exponentials = [math.exp(logit - top) for logit in logits]
        probability = exponentials[label] / sum(exponentials)
        distance = sum(abs(a - b) for a, b in zip(box, wanted))
        mine, theirs = torch.tensor([box]).double(), torch.tensor([wanted]).double()
        giou = generalized_box_iou(box_cxcywh_to_xyxy(mine), box_cxcywh_to_xyxy(theirs)).item()
        return self.cost_class * -probability + self.cost_bbox * distance - self.cost_giou * giou

    def forward(self, outputs, targets):
        answer = []
        logits, boxes = outputs["pred_logits"].tolist(), outputs["pred_boxes"].tolist()
        for image, target in enumerate(targets):
            numbers = [value for row in logits[image] + boxes[image] for value in row]
            if not all(map(math.isfinite, numbers)):
                raise ValueError("not finite: image %d" % image)
            objects = list(zip(target["labels"].tolist(), target["boxes"].tolist()))
            if not objects:
                empty = torch.zeros(0, dtype=torch.int64)
                answer.append((empty, empty))
                continue
            costs = [
                [self.pair_cost(*query, *thing) for thing in objects]
                for query in zip(logits[image], boxes[image])
            ]
            answer.append([torch.tensor(index) for index in linear_sum_assignment(costs)])
        return tuple(answer)
