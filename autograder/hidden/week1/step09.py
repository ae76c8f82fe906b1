"""Cases of notebook 09: batches, learning rates, small models to train; the probe supplies the rest."""

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from autograder.hidden.cases import cases, normal
from detrlab.checks.probes.given_training import ManyParts
from detrlab.checks.probing import Case
from detrlab.checks.weights import Weights

# Frozen parameters of ManyParts, in detrlab/checks/probes/given_training.py
FROZEN = (
    ["backbone.body.bias", "decoder.bias"],
    ["backbone.projection.weight", "query_embed_backbone.weight", "encoder.backbone.bias"],
)
RATES = (
    {"lr": 3e-4, "lr_backbone": 2e-5, "weight_decay": 0.03},
    {"lr": 2e-4, "lr_backbone": 7e-4, "weight_decay": 0.0},
    {"lr": 6e-4, "lr_backbone": 6e-4, "weight_decay": 0.3},
    {"lr": 6e-4, "lr_backbone": 0.0, "weight_decay": 2e-4},
)
NOT_FINITE = (
    [("bbox", math.nan), ("total", math.inf)],
    [("class", math.inf), ("giou", -math.inf), ("total", math.nan)],
)


@cases
def detr_collate(generator: torch.Generator) -> Iterator[Case]:
    """Draw a batch of four images [3, 5, 7], one of them without objects, and a batch of one image.

    A target of the last has an entry that no DETR needs: it goes through as it is.
    """
    for objects in ((2, 0, 3, 1), (2,)):
        batch = [[normal(generator, 3, 5, 7), draw_target(generator, count)] for count in objects]
        yield {"batch": batch}
    target = draw_target(generator, 2) | {"area": normal(generator, 2)}
    yield {"batch": [[normal(generator, 3, 5, 7), target]]}


@cases
def build_optimizer(generator: torch.Generator) -> Iterator[Case]:
    """Draw learning rates: the backbone's is lower than the other, higher, equal, and 0.

    Then weights to start from, and the gradients of three steps.
    """
    for number, rates in enumerate(RATES):
        factor = 1 + torch.rand((), generator=generator).item()
        scaled_rates = {name: rate * factor for name, rate in rates.items()}
        model = ManyParts([])

        def draw(model: ManyParts = model) -> dict[str, Tensor]:
            return {name: normal(generator, *value.shape) for name, value in model.named_parameters()}

        start = draw()
        start["heads.second.weight"] = start["heads.first.weight"]  # one parameter
        yield {
            "frozen": FROZEN[number % 2],
            "rates": scaled_rates,
            "start": start,
            "gradients": [draw() for _ in range(3)],
        }


@cases
def train_step(generator: torch.Generator) -> Iterator[Case]:
    """Draw the weights of a small model and two batches; in each case other loss parts are not finite."""
    for number, not_finite in enumerate(NOT_FINITE):
        config = {"num_queries": 3 + number, "num_classes": 3}
        yield {
            "config": config,
            "weights": draw_toy_weights(generator, **config),
            "batches": [draw_batch(generator, 2), draw_batch(generator, 2)],
            "lr": 2.0,
            "limit": 0.1,  # of the gradient's norm, as in the paper
            "scales": [1e-4, 0.1, 1.0],
            "spoilt": not_finite,
            "step": int(torch.randint(100, 1000, (), generator=generator)),
        }


@cases
def train_detr(generator: torch.Generator) -> Iterator[Case]:
    """Draw a seed, weights to start from and rates.

    The rates are large, since a training begins with a hundredth of them. The numbers of classes and
    queries are not the defaults.
    """
    high, low = (2 + torch.rand(2, generator=generator)).tolist()
    yield {
        "seed": int(torch.randint(10**6, (), generator=generator)),
        "sizes": {"num_queries": 6, "num_classes": 5},
        "bound": 0.1,  # above all initial weights that PyTorch draws for a layer of this width
        "start": draw_toy_weights(generator, num_queries=4, num_classes=3),
        "rates": {"lr": high, "lr_backbone": low / 2},
        "noobj_weight": 0.2 + torch.rand((), generator=generator).item(),
        "images": torch.rand(1, 3, 40, 40, generator=generator),
    }


def draw_toy_weights(generator: torch.Generator, num_queries: int, num_classes: int) -> Weights:
    """Draw weights for a ToyModel."""
    size = num_queries * (num_classes + 1 + 4)
    return {
        "backbone.weight": normal(generator, 2, 3, 1, 1) / 2,
        "backbone.bias": normal(generator, 2) / 2,
        "heads.weight": normal(generator, size, 2) / 2,
        "heads.bias": normal(generator, size) / 2,
    }


def draw_target(generator: torch.Generator, count: int) -> dict[str, Any]:
    """Draw the target of an image: labels [count] and boxes [count, 4] (cx, cy, w, h)."""
    labels = torch.randint(0, 3, (count,), generator=generator)
    return {"labels": labels, "boxes": 0.2 + 0.3 * torch.rand(count, 4, generator=generator)}


def draw_batch(generator: torch.Generator, count: int) -> list[Any]:
    """Draw a batch: images [count, 3, 4, 4] and their targets, with 1, 2, ... objects."""
    images: Tensor = normal(generator, count, 3, 4, 4)
    return [images, [draw_target(generator, 1 + number) for number in range(count)]]
