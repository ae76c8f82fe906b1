"""Give a learner's module the weights that a check was computed with."""

from collections.abc import Iterator
from typing import Any

import torch

from detrlab.checks.errors import CheckFailed

Weights = dict[str, torch.Tensor]
MOST = 60_000_000  # numbers in a model's state: DETR-R50 has 41 million


def copy_weights(module: Any, weights: Weights) -> None:
    """Copy weights by attribute name, or in order of definition where names differ but shapes agree.

    A joint projection of queries, keys and values (`in_proj`) also fits three separate ones, defined in
    that order. CheckFailed, naming the attribute that is missing, where nothing fits.
    """
    own = dict(module.state_dict())
    if shapes(own) == shapes(weights):
        module.load_state_dict(weights)
        return
    for layout in (weights, split_projections(weights)):
        if list(shapes(own).values()) == list(shapes(layout).values()):
            module.load_state_dict(dict(zip(own, layout.values(), strict=True)))
            return
    raise CheckFailed(mismatch(own, weights))


def shapes(weights: Weights) -> dict[str, list[int]]:
    """Return the shape of each entry, by name."""
    return {name: list(tensor.shape) for name, tensor in weights.items()}


def refuse_giants(weights: Weights) -> None:
    """Raise CheckFailed where a model's state is larger than any DETR of the course."""
    if (numbers := sum(tensor.numel() for tensor in weights.values())) > MOST:
        raise CheckFailed(f"Your model's state holds {numbers:,} numbers; {MOST:,} are more than enough.")


def split_projections(weights: Weights) -> Weights:
    """Replace each `in_proj` weight and bias [3d, ...] by separate ones for queries, keys and values."""

    def is_joint(prefix: str) -> bool:
        weight, bias = (weights.get(f"{prefix}in_proj_{part}") for part in ("weight", "bias"))
        if weight is None or bias is None:
            return False
        return bias.dim() == 1 and weight.shape[:1] == bias.shape and len(bias) % 3 == 0

    def entries() -> Iterator[tuple[str, torch.Tensor]]:
        for name, tensor in weights.items():
            prefix, found, part = name.rpartition("in_proj_")
            if not found or not is_joint(prefix):
                yield name, tensor
            elif part == "weight":
                parts = zip(tensor.chunk(3), weights[f"{prefix}in_proj_bias"].chunk(3), strict=True)
                for letter, (weight, bias) in zip("qkv", parts, strict=True):
                    yield f"{prefix}{letter}.weight", weight
                    yield f"{prefix}{letter}.bias", bias

    return dict(entries())


def mismatch(own: Weights, weights: Weights) -> str:
    """Say in one sentence which attribute is missing, has another shape, or is one too many."""
    for name, tensor in weights.items():
        attribute = name.rpartition(".")[0] or name
        if name not in own and any(other.startswith(f"{attribute}.") for other in own):
            return f"Your `{attribute}` has no parameter {name} {list(tensor.shape)}."
        if name not in own:
            return (
                f"Your module has no `{attribute}`; looked for its parameter {name} {list(tensor.shape)}."
            )
        if own[name].shape != tensor.shape:
            return (
                f"`{attribute}` has the wrong size: {name} is {list(own[name].shape)}, "
                f"it should be {list(tensor.shape)}."
            )
    extra = next(name for name in own if name not in weights)
    return f"Your module has a parameter too many: {extra} {list(own[extra].shape)}."
