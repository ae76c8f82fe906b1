"""What the experiments of step 11 change in a model or a loss, and what they measure.

All of it works on your own classes, by the attribute names that the exercises fix.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from detrlab.ap import detections, eval_mode
from detrlab.toy import Sample


class Silent(nn.Module):
    """Takes the place of an attention and contributes nothing to the residual sum that follows."""

    def forward(self, query: Tensor, key: Tensor, value: Tensor, **_: Any) -> tuple[Tensor, None]:
        """Return zeros [B, N, d] for query [B, N, d], whatever key and value [B, L, d] are."""
        return torch.zeros_like(query), None


class Alone(nn.Module):
    """Wraps a self-attention so that each query attends to itself alone."""

    def __init__(self, attention: nn.Module) -> None:
        super().__init__()
        self.attention = attention

    def forward(self, query: Tensor, key: Tensor, value: Tensor, **_: Any) -> tuple[Tensor, None]:
        """Return the attention's result on query, key, value [B, N, d], all other queries masked out."""
        others = ~torch.eye(query.shape[1], dtype=torch.bool, device=query.device)
        return self.attention(query, key, value, attn_mask=others, need_weights=False)


def without_self_attention(model: Any) -> Any:
    """Remove the self-attention of all decoder layers, in place: queries then exchange no information."""
    for block in model.decoder.layers:
        block.self_attn = Silent()
    return model


def without_company(model: Any, numbers: Sequence[int]) -> Any:
    """Let each query attend to itself alone in these decoder layers, counted from 0; in place."""
    for number in numbers:
        block = model.decoder.layers[number]
        block.self_attn = Alone(block.self_attn)
    return model


class LastLayerOnly(nn.Module):
    """Restricts a loss to the last decoder layer: no auxiliary losses (section 3.2 of the paper)."""

    def __init__(self, criterion: Any) -> None:
        super().__init__()
        self.criterion = criterion
        self.matcher, self.num_classes = criterion.matcher, criterion.num_classes

    def forward(self, outputs: Mapping[str, Any], targets: Sequence[Mapping[str, Tensor]]) -> Any:
        """Return the loss parts and the "total" of the last layer, each a tensor [].

        Args:
            outputs: "pred_logits" [B, N, K + 1], "pred_boxes" [B, N, 4]; "aux_outputs" are left out.
            targets: for each image "labels" [M] and "boxes" [M, 4].
        """
        return self.criterion({**outputs, "aux_outputs": []}, targets)


@torch.no_grad()
def answers(model: nn.Module, samples: Sequence[Sample]) -> dict[str, Any]:
    """Return a model's outputs for the images of samples, on the CPU; its mode is restored.

    Args:
        model: a DETR.
        samples: B samples (image [3, H, W], target).

    Returns:
        "pred_logits" [B, N, K + 1] and "pred_boxes" [B, N, 4] of the last decoder layer, and
        "aux_outputs", a list of the same for the earlier layers.
    """
    images = torch.stack([image for image, _ in samples]).to(next(model.parameters()).device)
    with eval_mode(model):
        outputs = model(images)
    layers = [
        {name: layer[name].cpu() for name in ("pred_logits", "pred_boxes")}
        for layer in [*outputs["aux_outputs"], outputs]
    ]
    return {**layers[-1], "aux_outputs": layers[:-1]}


def speaking(outputs: Mapping[str, Any], score: float = 0.5) -> list[dict[str, Tensor]]:
    """Return the objects that one decoder layer finds in each image.

    A query has found an object if its most probable class is not "no object" and reaches the score.

    Args:
        outputs: "pred_logits" [B, N, K + 1] and "pred_boxes" [B, N, 4] of the layer.
        score: the smallest probability that counts, 0..1.

    Returns:
        For each image "boxes" [n, 4], "classes" [n], "scores" [n], and "queries" [n], their indices.
    """
    silent = outputs["pred_logits"].argmax(-1) == outputs["pred_logits"].shape[-1] - 1
    found = []
    for image, detected in enumerate(detections(outputs)):
        kept = ((detected["scores"] >= score) & ~silent[image]).nonzero().flatten()
        found.append({name: values[kept] for name, values in detected.items()} | {"queries": kept})
    return found


def find_all(model: nn.Module, samples: Sequence[Sample], score: float = 0.5) -> list[dict[str, Tensor]]:
    """Return the objects that a model finds in each image, by its last decoder layer.

    Args:
        model: a DETR.
        samples: (image [3, H, W], target), all images of one size.
        score: as in `speaking`, which says what is returned.
    """
    return speaking(answers(model, samples), score)


def count_duplicates(
    found: Sequence[Mapping[str, Tensor]], samples: Sequence[Sample], iou: float = 0.5
) -> dict[str, int]:
    """Count the objects of all images, those found, and the boxes that find one again.

    A box finds the object with which its IoU is largest, if that reaches `iou`. Classes are ignored.

    Args:
        found: for each image "boxes" [n, 4], (cx, cy, w, h).
        samples: (image, target) with "boxes" [M, 4] of the same form.
        iou: the smallest IoU that counts, 0..1.

    Returns:
        "objects": how many there are; "found": how many of them at least one box finds;
        "duplicates": boxes beyond the first on an object; "strays": boxes that find no object.
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
    """Return the boxes of all queries, and whether each query predicts an object.

    Args:
        model: a DETR.
        samples: B samples (image [3, H, W], target).

    Returns:
        boxes: [B, N, 4], (cx, cy, w, h) in [0, 1].
        speaks: bool [B, N], False where "no object" is the most probable class.
    """
    outputs = answers(model, samples)
    speaks = outputs["pred_logits"].argmax(-1) != outputs["pred_logits"].shape[-1] - 1
    return outputs["pred_boxes"], speaks


def box_errors(model: nn.Module, matcher: Any, samples: Sequence[Sample]) -> Tensor:
    """Return the errors of the predicted boxes that a matcher pairs with objects, in pixels.

    Args:
        model: a DETR.
        matcher: as in step 6, returning (queries [n], objects [n]) for each image.
        samples: (image [3, H, W], target), all square and of one size.

    Returns:
        Predicted minus true (cx, cy, w, h), [n, 4], for the n pairs of all images.
    """
    outputs, size = answers(model, samples), samples[0][0].shape[-1]
    pairs = matcher(outputs, [target for _, target in samples])
    mine = [boxes[queries] for boxes, (queries, _) in zip(outputs["pred_boxes"], pairs, strict=True)]
    right = [target["boxes"][objects] for (_, target), (_, objects) in zip(samples, pairs, strict=True)]
    return size * (torch.cat(mine) - torch.cat(right))
