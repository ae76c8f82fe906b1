"""Whether two observed values agree, and how wrong numbers relate to the right ones."""

import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import layer_norm

ATOL, RTOL = 1e-4, 1e-3  # LayerNorm with an eps of 1e-6 differs by 1e-4
MOST_SLICES = 20  # along a dimension of which the order is looked at
FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "a ReLU": torch.relu,
    "a sigmoid": torch.sigmoid,
    "a softmax": lambda right: right.softmax(dim=-1),
    "a LayerNorm": lambda right: layer_norm(right, right.shape[-1:]),
}


def same(mine: Any, theirs: Any) -> bool:
    """Return whether two observed values agree.

    Tensors [...] do within RTOL and ATOL. Plain floats do within RTOL alone, since a learning rate may be
    smaller than ATOL. NaN agrees with NaN.
    """
    if torch.is_tensor(theirs):
        if not torch.is_tensor(mine) or mine.shape != theirs.shape or kind(mine) != kind(theirs):
            return False
        return torch.allclose(mine.double(), theirs.double(), rtol=RTOL, atol=ATOL, equal_nan=True)
    if isinstance(theirs, list | tuple):
        alike = isinstance(mine, list | tuple) and len(mine) == len(theirs)
        return alike and all(map(same, mine, theirs))
    if isinstance(theirs, dict):
        alike = isinstance(mine, dict) and mine.keys() == theirs.keys()
        return alike and all(same(mine[key], theirs[key]) for key in theirs)
    if type(mine) is not type(theirs):
        return False
    if isinstance(theirs, float):
        return math.isclose(mine, theirs, rel_tol=RTOL) or (math.isnan(mine) and math.isnan(theirs))
    return bool(mine == theirs)


def kind(value: Any) -> str:
    """Return the kind of a value: of a tensor the kind of its numbers, of anything else its type."""
    if not torch.is_tensor(value):
        return getattr(value, "_kind", type(value).__name__)  # a proxy names what it stands for
    return "floating point" if value.is_floating_point() else str(value.dtype).removeprefix("torch.")


def relation_of(mine: Tensor, right: Tensor, is_secret: bool = False) -> str:
    """Return one sentence on how wrong numbers [...] relate to the right ones, or "" if none is true.

    Where the right ones are secret, only what needs all of them, and says no number.
    """
    if right.dim() and torch.equal(right, right.round()):
        return ""  # of zeros and ones much holds by chance
    for dim, size in enumerate(right.shape):
        if 1 < size <= MOST_SLICES and (order := order_along(dim, mine, right, is_secret)):
            return order
    for first, second in itertools.combinations(range(right.dim()), 2):
        if same(mine, right.transpose(first, second).reshape(right.shape)):
            return f"They are the right ones with dimensions {first} and {second} exchanged."
    is_constant = bool(mine.min() == mine.max())  # as what a function makes of a single number may be
    for name, function in FUNCTIONS.items():
        if not is_constant and same(mine, function(right)):
            return f"They are the right ones after {name}."
    if same(mine, -right):
        return "Only the sign is wrong."
    return "" if is_secret else factor_of(mine, right) or place_of(mine, right)


def factor_of(mine: Tensor, right: Tensor) -> str:
    """Say by which factor, or by how much, all numbers [...] are off; "" if none is common to all."""
    factor = float((mine * right).sum() / right.square().sum())
    if not math.isfinite(factor) or abs(factor) < ATOL:
        return ""
    part = Fraction(factor).limit_denominator(64)
    is_simple = 1 in (abs(part.numerator), part.denominator) and abs(factor / (part or 1) - 1) < ATOL
    if (right.dim() or is_simple) and same(mine, factor * right):
        times = part if is_simple else f"{factor:.3g}"
        return f"Yours is {times} times what it should be."
    shift = float((mine - right).mean())
    if right.numel() > 1 and same(mine, right + shift):
        return f"Everywhere yours is {'larger' if shift > 0 else 'smaller'} by {abs(shift):.3g}."
    return ""


def order_along(dim: int, mine: Tensor, right: Tensor, is_secret: bool) -> str:
    """Say which slices of [...] are the right ones of other places; "" if some are none.

    Where the right ones are secret, only whether all of them are there.
    """
    slices, right_slices = mine.movedim(dim, 0), right.movedim(dim, 0)
    origins = []
    for each in slices:
        found = [index for index, slice_ in enumerate(right_slices) if same(each, slice_)]
        if len(found) != 1:
            return ""
        origins += found
    if len(set(origins)) == len(origins):
        places = "" if is_secret else f": {origins}"
        return f"They are the right ones in another order along dimension {dim}{places}."
    if is_secret:
        return ""
    return f"Along dimension {dim} they are the right ones of the places {origins}."


def place_of(mine: Tensor, right: Tensor) -> str:
    """Say at which few places of a dimension numbers [...] are off, or right; "" if at many."""
    off = (mine - right).abs() > ATOL + RTOL * right.abs()
    found: list[tuple[float, str]] = []
    for dim, size in enumerate(right.shape if right.dim() > 1 else ()):
        is_off = off.movedim(dim, 0).flatten(1).any(dim=1)
        for state, places in (("off", is_off), ("right", ~is_off)):
            indices = [index for index in range(size) if places[index]]
            if 0 < len(indices) < min(size, 4):
                only = f"only the places {indices} are {state}."
                found.append((len(indices) / size, f"Along dimension {dim} {only}"))
    return min(found, key=lambda each: each[0], default=(0, ""))[1]
