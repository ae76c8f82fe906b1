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


class Alone(nn.Module):
    """Stands in front of a self-attention, and lets each query attend to itself alone."""

    def __init__(self, attention: nn.Module) -> None:
        super().__init__()
        self.attention = attention

    def forward(self, query: Tensor, key: Tensor, value: Tensor, **_: Any) -> tuple[Tensor, None]:
        """Return what each of the N queries [B, N, d] gathers where all others are masked out."""
        others = ~torch.eye(query.shape[1], dtype=torch.bool, device=query.device)
        return self.attention(query, key, value, attn_mask=others, need_weights=False)


def without_self_attention(model: Any) -> Any:
    """Take the self-attention out of every decoder layer: the queries no longer know of each other."""
    for block in model.decoder.layers:
        block.self_attn = Silent()
    return model


def without_company(model: Any, numbers: Sequence[int]) -> Any:
    """Keep the self-attention of these decoder layers (from 0), but let each query hear itself alone."""
    for number in numbers:
        block = model.decoder.layers[number]
        block.self_attn = Alone(block.self_attn)
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
def answers(model: nn.Module, samples: Sequence[Sample]) -> dict[str, Any]:
    """Return a model's outputs for the images of samples, on the CPU; its mode is restored."""
    training, device = model.training, next(model.parameters()).device
    outputs = model.eval()(torch.stack([image for image, _ in samples]).to(device))
    model.train(training)
    layers = [
        {name: layer[name].cpu() for name in ("pred_logits", "pred_boxes")}
        for layer in [*outputs["aux_outputs"], outputs]
    ]
    return {**layers[-1], "aux_outputs": layers[:-1]}


def speaking(outputs: Mapping[str, Any], score: float = 0.5) -> list[dict[str, Tensor]]:
    """Return what one decoder layer's outputs find in each image: boxes, classes, scores, queries.

    A query counts where its best class is not "no object" and reaches the score.
    """
    silent = outputs["pred_logits"].argmax(-1) == outputs["pred_logits"].shape[-1] - 1
    found = []
    for image, everything in enumerate(detections(outputs)):
        kept = ((everything["scores"] >= score) & ~silent[image]).nonzero().flatten()
        found.append({name: values[kept] for name, values in everything.items()} | {"queries": kept})
    return found


def find_all(model: nn.Module, samples: Sequence[Sample], score: float = 0.5) -> list[dict[str, Tensor]]:
    """Return what a model finds in each image, as `speaking` does, by its last decoder layer."""
    return speaking(answers(model, samples), score)


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


def boxes_of_queries(model: nn.Module, samples: Sequence[Sample]) -> tuple[Tensor, Tensor]:
    """Return every query's boxes [images, N, 4], and whether it speaks of an object [images, N]."""
    outputs = answers(model, samples)
    speaks = outputs["pred_logits"].argmax(-1) != outputs["pred_logits"].shape[-1] - 1
    return outputs["pred_boxes"], speaks


def box_errors(model: nn.Module, matcher: Any, samples: Sequence[Sample]) -> Tensor:
    """Return prediction minus truth, in px, of the boxes that the matcher pairs with objects [n, 4]."""
    outputs, size = answers(model, samples), samples[0][0].shape[-1]
    pairs = matcher(outputs, [target for _, target in samples])
    mine = [boxes[queries] for boxes, (queries, _) in zip(outputs["pred_boxes"], pairs, strict=True)]
    right = [target["boxes"][things] for (_, target), (_, things) in zip(samples, pairs, strict=True)]
    return size * (torch.cat(mine) - torch.cat(right))
