"""Load the weights with which a check was computed into a learner's module."""

from collections.abc import Iterator
from typing import Any

import torch

from detrlab.checks.errors import CheckFailed

Weights = dict[str, torch.Tensor]  # a state_dict: tensors [...] by name
MOST = 60_000_000  # numbers in a model's state: DETR-R50 has 41 million


def copy_weights(module: Any, weights: Weights) -> None:
    """Copy weights by attribute name, or in order of definition if the names differ but the shapes agree.

    A joint projection of queries, keys and values (`in_proj` [3d, d]) also fits three separate ones
    [d, d] that are defined in that order.

    Args:
        module: whose parameters and buffers are set.
        weights: tensors [...] by name.

    Raises:
        CheckFailed: naming an attribute that is missing, of another shape or one too many.
    """
    state = dict(module.state_dict())
    if shapes(state) == shapes(weights):
        module.load_state_dict(weights)
        return
    for layout in (weights, split_projections(weights)):
        if list(shapes(state).values()) == list(shapes(layout).values()):
            module.load_state_dict(dict(zip(state, layout.values(), strict=True)))
            return
    raise CheckFailed(mismatch(state, weights))


def shapes(weights: Weights) -> dict[str, list[int]]:
    """Return the shape of each tensor [...], by name."""
    return {name: list(tensor.shape) for name, tensor in weights.items()}


def refuse_giants(weights: Weights) -> None:
    """Raise CheckFailed if the tensors [...] of a state hold more than MOST numbers in all."""
    if (numbers := sum(tensor.numel() for tensor in weights.values())) > MOST:
        raise CheckFailed(f"Your model's state holds {numbers:,} numbers; {MOST:,} are more than enough.")


def split_projections(weights: Weights) -> Weights:
    """Replace each `in_proj` weight and bias [3d, ...] by three [d, ...], of queries, keys and values."""

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


def mismatch(state: Weights, weights: Weights) -> str:
    """Return a message that names an attribute which is missing, of another shape or one too many.

    Args:
        state: the module's tensors [...] by name.
        weights: those that it should have.
    """
    for name, tensor in weights.items():
        attribute = name.rpartition(".")[0] or name
        if name not in state and any(other.startswith(f"{attribute}.") for other in state):
            return f"Your `{attribute}` has no parameter {name} {list(tensor.shape)}."
        if name not in state:
            return (
                f"Your module has no `{attribute}`; looked for its parameter {name} {list(tensor.shape)}."
            )
        if state[name].shape != tensor.shape:
            return (
                f"`{attribute}` has the wrong size: {name} is {list(state[name].shape)}, "
                f"it should be {list(tensor.shape)}."
            )
    extra = next(name for name in state if name not in weights)
    return f"Your module has a parameter too many: {extra} {list(state[extra].shape)}."
