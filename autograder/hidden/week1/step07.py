"""Cases of notebook 07: one and three layers, images without objects, more objects than queries."""

from collections.abc import Iterator

import torch
from torch import Tensor

from autograder.hidden.cases import cases, normal
from detrlab.checks.probing import Case

CLASSES = 4
# Not the defaults: an answer that uses a matcher of its own finds other pairs.
COSTS = {"cost_class": 6.0, "cost_bbox": 0.5, "cost_giou": 0.5}
SETTINGS = {"noobj_weight": 0.3, "weight_class": 3.0, "weight_bbox": 2.0, "weight_giou": 7.0}


@cases
def detr_loss(generator: torch.Generator) -> Iterator[Case]:
    """Draw an ordinary batch of one layer first, then batches with one complication each."""
    plain = draw_case(generator, "one layer", queries=6, objects=(3, 2))
    yield plain | {"gradients": ["class", "bbox", "giou"], "look_inside": True}
    layers = draw_case(generator, "three layers", queries=4, objects=(2, 3), layers=3)
    yield layers | {"settings": SETTINGS, "costs": COSTS, "gradients": ["total"]}
    one_empty = draw_case(generator, "an image without objects", queries=6, objects=(1, 0, 4))
    yield one_empty | {"costs": COSTS, "settings": {"noobj_weight": 0.0, "weight_giou": 0.0}}
    crowded = draw_case(generator, "more objects than queries", queries=2, objects=(4, 1))
    yield crowded | {"costs": COSTS}
    empty = draw_case(generator, "no object in the batch", queries=2, objects=(0, 0), layers=2)
    yield empty | {"gradients": ["total"]}


def draw_case(
    generator: torch.Generator, name: str, queries: int, objects: tuple[int, ...], layers: int = 1
) -> Case:
    """Draw predictions and targets.

    Args:
        generator: the source of randomness.
        name: what the check calls the case.
        queries: N.
        objects: how many objects each of the B images has.
        layers: how many decoder layers make predictions.

    Returns:
        a case with "pred_logits" [B, N, K + 1] and "pred_boxes" [B, N, 4] for each layer, and targets.
    """
    batch = len(objects)
    return {
        "name": name,
        "num_classes": CLASSES,
        "settings": {},
        "costs": {},
        "layers": [
            {
                "pred_logits": 1.5 * normal(generator, batch, queries, CLASSES + 1),
                "pred_boxes": draw_boxes(generator, batch, queries),
            }
            for _ in range(layers)
        ],
        "targets": [
            {
                "labels": torch.randperm(CLASSES, generator=generator)[:count],  # all different
                "boxes": draw_boxes(generator, count),
            }
            for count in objects
        ],
        "gradients": [],
        "look_inside": False,
    }


def draw_boxes(generator: torch.Generator, *shape: int) -> Tensor:
    """Draw boxes [*shape, 4] (cx, cy, w, h) with sizes between 0.1 and 0.5."""
    centres = 0.2 + 0.6 * torch.rand(*shape, 2, generator=generator)
    sizes = 0.1 + 0.4 * torch.rand(*shape, 2, generator=generator)
    return torch.cat([centres, sizes], dim=-1)
