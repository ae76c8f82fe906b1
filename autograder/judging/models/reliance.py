"""Whether predictions come from the weights of a file: with other weights they have to be others.

A class may find the objects by other means, or keep a trained model elsewhere and take the file for a
password. So other weights are drawn, which no class can know: those of the file with a little noise, and
twice the file's with half of its tensors shuffled, each tensor once.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

import torch

from detrlab.ap import measure
from detrlab.checks.errors import CheckAborted
from detrlab.checks.weights import Weights
from detrlab.toy import Sample

IMAGES = 20
NOISE = 0.01  # of each number, so that its sign stays: it hardly changes AP, and each box a little
NOTHING = 0.05  # AP that shuffled weights may reach by luck
MOVED = 1e-4  # mean change of the boxes' numbers, which are in 0..1, under noise; a model's is far above


def measure_with_others(
    build: Callable[[Weights], Any], weights: Weights, samples: Sequence[Sample], seed: int
) -> tuple[float, str]:
    """Return the AP (0 to 1) of a model on samples, and why its predictions may not be its weights'.

    The models are measured in a drawn order, so that their place says nothing about their weights.

    Args:
        build: builds the model with weights [...] by name, in evaluation mode.
        weights: those of the file.
        samples: (image [3, H, W], target); the other models see the first IMAGES only.
        seed: draws the other weights and the order.

    Returns:
        the AP, and the reason for doubt, the end of a sentence; empty if there is none.
    """
    generator = torch.Generator().manual_seed(seed)
    first, second = shuffled_halves(weights, generator)
    variants = {"own": weights, "noisy": noisy(weights, generator), "first": first, "second": second}
    order = list(variants)
    random.Random(seed).shuffle(order)
    models = {name: build(variants[name]) for name in order}
    few = samples[:IMAGES]
    scores = {
        name: measure(models[name], samples)["AP"] if name == "own" else ap_or_nothing(models[name], few)
        for name in order
    }
    if (shuffled := max(scores["first"], scores["second"])) > NOTHING:
        return scores["own"], f"with half of the weights shuffled your classes still reach {shuffled:.2f}"
    if scores["noisy"] < scores["own"] / 2 - NOTHING:
        lost = f"from {scores['own']:.2f} to {scores['noisy']:.2f}"
        return scores["own"], f"where each weight changes by about {NOISE:.0%}, AP falls {lost}"
    if scores["noisy"] and moved(models["own"], models["noisy"], few) < MOVED:
        return scores["own"], "with weights that are a little different your classes predict the same"
    return scores["own"], ""


def ap_or_nothing(model: Any, samples: Sequence[Sample]) -> float:
    """Return the AP of a model with other weights on samples; 0 where those break it.

    Raises:
        CheckAborted: if the process that it runs in ends.
    """
    try:
        return measure(model, samples)["AP"]
    except CheckAborted:
        raise
    except Exception:  # numbers that are not finite, or whatever a learner's code makes of such weights
        return 0.0


@torch.no_grad()
def moved(first: Any, second: Any, samples: Sequence[Sample]) -> float:
    """Return by how much two models' boxes on samples differ, as a mean of their numbers."""
    images = torch.stack([image for image, _ in samples])
    return float((first(images)["pred_boxes"] - second(images)["pred_boxes"]).abs().mean())


def noisy(weights: Weights, generator: torch.Generator) -> Weights:
    """Return weights [...] with drawn noise, NOISE of each number."""
    return {
        name: tensor * (1 + NOISE * torch.randn(tensor.shape, generator=generator))
        if tensor.is_floating_point()
        else tensor
        for name, tensor in weights.items()
    }


def shuffled_halves(weights: Weights, generator: torch.Generator) -> tuple[Weights, Weights]:
    """Return the weights [...] with the numbers of half of the tensors shuffled, and of the others."""
    chosen = torch.randperm(len(weights), generator=generator) < len(weights) / 2
    shuffled = {
        name: tensor.flatten()[torch.randperm(tensor.numel(), generator=generator)].view(tensor.shape)
        for name, tensor in weights.items()
    }
    halves = [
        {
            name: shuffled[name] if bool(inside) == half else tensor
            for (name, tensor), inside in zip(weights.items(), chosen, strict=True)
        }
        for half in (True, False)
    ]
    return halves[0], halves[1]
