"""What the experiments of step 11 change in a model or a loss, and what they count.

Everything works on your own classes, by the attribute names of the week.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from detrlab.ap import detections
from detrlab.toy import Sample


class Silent(nn.Module):
    """Stands where an attention was, and adds nothing to the sum that follows."""

    def forward(self, query: Tensor, key: Tensor, value: Tensor, **_: Any) -> tuple[Tensor, None]:
        """Return zeros in place of what would have been gathered."""
        return torch.zeros_like(query), None


def without_self_attention(model: Any) -> Any:
    """Take the self-attention out of every decoder layer: the queries no longer know of each other."""
    for block in model.decoder.layers:
        block.self_attn = Silent()
    return model


class LastLayerOnly(nn.Module):
    """Give a loss the last decoder layer alone: training without auxiliary losses."""

    def __init__(self, criterion: Any) -> None:
        super().__init__()
        self.criterion = criterion
        self.matcher, self.num_classes = criterion.matcher, criterion.num_classes

    def forward(self, outputs: Mapping[str, Any], targets: Sequence[Mapping[str, Tensor]]) -> Any:
        """Return the parts and the total of the last layer's loss."""
        return self.criterion({**outputs, "aux_outputs": []}, targets)


@torch.no_grad()
def find_all(model: nn.Module, samples: Sequence[Sample], score: float = 0.5) -> list[dict[str, Tensor]]:
    """Return what a model finds in each image: boxes, classes, scores and the queries they come from.

    A query counts where its best class is not "no object" and reaches the score.
    """
    training, device = model.training, next(model.parameters()).device
    outputs = model.eval()(torch.stack([image for image, _ in samples]).to(device))
    model.train(training)
    silent = outputs["pred_logits"].argmax(-1).cpu() == outputs["pred_logits"].shape[-1] - 1
    found = []
    for image, everything in enumerate(detections(outputs)):
        kept = ((everything["scores"] >= score) & ~silent[image]).nonzero().flatten()
        found.append({name: values[kept] for name, values in everything.items()} | {"queries": kept})
    return found


def count_duplicates(
    found: Sequence[Mapping[str, Tensor]], samples: Sequence[Sample], iou: float = 0.5
) -> dict[str, int]:
    """Count, over all images, the objects, those found, and the boxes that find one once more.

    A box finds the object that it overlaps most, if their IoU reaches `iou`; classes do not count here.

    Returns:
        objects: how many there are. found: how many of them at least one box finds.
        duplicates: boxes beyond the first on one object. strays: boxes that find no object.
    """
    from torchvision.ops import box_convert, box_iou

    counts = {"objects": 0, "found": 0, "duplicates": 0, "strays": 0}
    for boxes, (_, target) in zip(found, samples, strict=True):
        mine, theirs = (box_convert(b, "cxcywh", "xyxy") for b in (boxes["boxes"], target["boxes"]))
        best = box_iou(mine, theirs).max(1) if len(mine) else None
        hits = best.indices[best.values >= iou] if best else torch.zeros(0)
        counts["objects"] += len(theirs)
        counts["found"] += len(hits.unique())
        counts["duplicates"] += len(hits) - len(hits.unique())
        counts["strays"] += len(mine) - len(hits)
    return counts


@torch.no_grad()
def boxes_of_queries(model: nn.Module, samples: Sequence[Sample]) -> tuple[Tensor, Tensor]:
    """Return every query's boxes [images, N, 4], and whether it speaks of an object [images, N]."""
    training, device = model.training, next(model.parameters()).device
    outputs = model.eval()(torch.stack([image for image, _ in samples]).to(device))
    model.train(training)
    speaks = outputs["pred_logits"].argmax(-1) != outputs["pred_logits"].shape[-1] - 1
    return outputs["pred_boxes"].cpu(), speaks.cpu()
