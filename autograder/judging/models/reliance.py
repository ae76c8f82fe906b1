"""Whether predictions come from the weights of a file: with other weights they have to be others.

A class may find the objects by other means, or keep a trained model elsewhere and take the file for a
password. So other weights are drawn, which no class can know: those of the file with a little noise, and
twice the file's with half of its tensors shuffled, each tensor once.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from detrlab.ap import measure
from detrlab.checks.weights import Weights
from detrlab.toy import Sample

IMAGES = 20
NOISE = 0.01  # of the standard deviation of each tensor: it hardly changes AP, and each box a little
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
    few, scores = samples[:IMAGES], {}
    for name in order:
        scores[name] = measure(models[name], samples if name == "own" else few)["AP"]
    images = torch.stack([image for image, _ in few])
    with torch.no_grad():
        boxes = {name: models[name](images)["pred_boxes"] for name in ("own", "noisy")}
    shuffled = max(scores["first"], scores["second"])
    if shuffled > NOTHING:
        return scores["own"], f"with half of the weights shuffled your classes still reach {shuffled:.2f}"
    if (boxes["own"] - boxes["noisy"]).abs().mean() < MOVED:
        return scores["own"], "with weights that are a little different your classes predict the same"
    if scores["noisy"] < scores["own"] / 2 - NOTHING:
        lost = f"from {scores['own']:.2f} to {scores['noisy']:.2f}"
        return scores["own"], f"where each weight changes by about {NOISE:.0%}, AP falls {lost}"
    return scores["own"], ""


def noisy(weights: Weights, generator: torch.Generator) -> Weights:
    """Return weights [...] with drawn noise of NOISE of the standard deviation of each tensor."""
    return {
        name: tensor + NOISE * spread(tensor) * torch.randn(tensor.shape, generator=generator)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in weights.items()
    }


def spread(tensor: Tensor) -> Tensor:
    """Return the standard deviation of a tensor [...] around 0, so that of equal numbers it is not 0."""
    return tensor.square().mean().sqrt() if tensor.numel() else tensor.new_zeros(())


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
