"""Cases of notebook 07: one layer and three, images without objects, more objects than queries."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from autograder.hidden.cases import cases, normal
from detrlab.checks.probing import Case

CLASSES = 4
# Costs unlike the defaults: who matches with a matcher of their own finds other pairs.
BY_CLASS = {"cost_class": 6.0, "cost_bbox": 0.5, "cost_giou": 0.5}
SETTINGS = {"noobj_weight": 0.3, "weight_class": 3.0, "weight_bbox": 2.0, "weight_giou": 7.0}


@cases
def detr_loss(generator: torch.Generator) -> Iterator[Case]:
    """Draw a batch of one layer first, then what may come on top of it, one thing at a time."""
    parts = ["class", "bbox", "giou"]
    plain = draw(generator, "one layer", queries=6, objects=(3, 2), gradients=parts)
    yield plain | {"look_inside": True}
    layers = draw(generator, "three layers", queries=4, objects=(2, 3), layers=3, gradients=["total"])
    yield layers | {"settings": SETTINGS, "costs": BY_CLASS}
    empty = draw(generator, "an image without objects", queries=6, objects=(1, 0, 4))
    yield empty | {"costs": BY_CLASS}
    yield draw(generator, "more objects than queries", queries=2, objects=(4, 1)) | {"costs": BY_CLASS}
    yield draw(
        generator, "no object in the batch", queries=2, objects=(0, 0), layers=2, gradients=["total"]
    )


def draw(
    generator: torch.Generator,
    name: str,
    queries: int,
    objects: tuple[int, ...],
    layers: int = 1,
    gradients: list[str] | None = None,
) -> dict[str, Any]:
    """Draw predictions of some layers, and targets with as many objects in each image."""
    batch = len(objects)
    return {
        "name": name,
        "num_classes": CLASSES,
        "settings": {},
        "costs": {},
        "layers": [
            {
                "pred_logits": 1.5 * normal(generator, batch, queries, CLASSES + 1),
                "pred_boxes": boxes(generator, batch, queries),
            }
            for _ in range(layers)
        ],
        "targets": [
            {
                "labels": torch.randperm(CLASSES, generator=generator)[:count],  # no two alike
                "boxes": boxes(generator, count),
            }
            for count in objects
        ],
        "gradients": gradients or [],
        "look_inside": False,
    }


def boxes(generator: torch.Generator, *shape: int) -> Tensor:
    """Draw boxes [*shape, 4], (cx, cy, w, h), with sizes between 0.1 and 0.5."""
    centres = 0.2 + 0.6 * torch.rand(*shape, 2, generator=generator)
    sizes = 0.1 + 0.4 * torch.rand(*shape, 2, generator=generator)
    return torch.cat([centres, sizes], dim=-1)
