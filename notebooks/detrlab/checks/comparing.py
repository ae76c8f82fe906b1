"""Compare what a learner's code did with what is right, and say in one message what is wrong."""

import itertools
import math
import reprlib
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import layer_norm

from detrlab.checks.errors import CheckFailed, LearnerBug, WrongValue
from detrlab.checks.observing import Outcome
from detrlab.display import printable, share

ATOL, RTOL = 1e-4, 1e-3  # LayerNorm with an eps of 1e-6 differs by 1e-4
LONGEST = 200  # characters of a value in a message
MOST_SLICES = 20  # along a dimension of which the order is looked at
FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "a ReLU": torch.relu,
    "a sigmoid": torch.sigmoid,
    "a softmax": lambda right: right.softmax(dim=-1),
    "a LayerNorm": lambda right: layer_norm(right, right.shape[-1:]),
}
BRIEF = reprlib.Repr()
BRIEF.maxlist = BRIEF.maxdict = BRIEF.maxtuple = 20
BRIEF.maxstring = BRIEF.maxother = LONGEST


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


def agree(mine: Outcome, theirs: Outcome) -> bool:
    """Return whether two outcomes have the same values and the same failure, or none."""
    return same_failure(mine.failure, theirs.failure) and same(mine.values, theirs.values)


def same_failure(mine: CheckFailed | None, theirs: CheckFailed | None) -> bool:
    """Return whether two failures are the same: errors if their types are, our own if their texts are.

    The texts of errors are PyTorch's and Python's: they change with versions and with a learner's names.
    """
    if isinstance(mine, LearnerBug) and isinstance(theirs, LearnerBug):
        return mine.error == theirs.error
    return isinstance(mine, LearnerBug) == isinstance(theirs, LearnerBug) and str(mine) == str(theirs)


def first_difference(outcome: Outcome, expected: Outcome, secret: bool = False) -> CheckFailed:
    """Return an exception for the first observation that is wrong, or what ended the observations."""
    for what, right in expected.values.items():
        if what not in outcome.values:
            break
        if not same(outcome.values[what], right):
            message = describe(what, outcome.values[what], right, secret)
            advice = expected.advice.get(what, "")
            return WrongValue(f"{message} {advice}".strip(), what, outcome.values, expected.values)
    return outcome.failure or CheckFailed("The check saw fewer results than it expected.")


def shown(value: Any) -> str:
    """Return a value as text that fits into a message and holds no control characters."""
    text = value if isinstance(value, str) else BRIEF.repr(value)
    return printable(text, LONGEST)


def describe(what: str, mine: Any, right: Any, secret: bool = False) -> str:
    """Return a message on how an observed value differs from the right one.

    Args:
        what: the name of the observation.
        mine, right: the learner's value and the right one.
        secret: leave the numbers out; the share of those that are wrong is given all the same.
    """
    if mine is None:
        return f"{what} is None: is there a `return`?"
    if not torch.is_tensor(right):
        if secret and holds_fractions(right):
            return f"{what} is not what it should be."
        return f"{what} is {shown(mine)}; it should be {shown(right)}."
    if not torch.is_tensor(mine):
        return f"{what} is a {kind(mine)}; it should be a tensor {list(right.shape)}."
    if mine.shape != right.shape:
        return f"{what} has shape {list(mine.shape)}; it should have {list(right.shape)}."
    if kind(mine) != kind(right):
        return f"{what} holds {kind(mine)} numbers; they should be {kind(right)}."
    if not torch.isfinite(mine).all():
        return f"{what} holds NaN or infinite numbers."
    relation = f" {found}" if (found := relation_of(mine.double(), right.double())) else ""
    if not right.dim():
        numbers = "" if secret else f": it is {mine.item():.6g} and should be {right.item():.6g}"
        return f"{what} is off{numbers}.{relation}"
    gap = (mine.double() - right.double()).abs()
    place = [int(i) for i in torch.unravel_index(gap.argmax(), gap.shape)]
    off = gap > ATOL + RTOL * right.double().abs()
    part = share(int(off.sum()), off.numel())
    message = f"{what} has the right shape, but {part} of its numbers are off"
    if secret:
        return f"{message}.{relation}"
    values = f"yours {mine[tuple(place)]:.6g}, expected {right[tuple(place)]:.6g}"
    return f"{message}; the largest difference is at {place}: {values}.{relation}"


def relation_of(mine: Tensor, right: Tensor) -> str:
    """Return one sentence on how wrong numbers [...] relate to the right ones, or "" if none is true."""
    if right.dim() and same(right, right.round()):
        return ""  # of zeros and ones much holds by chance
    for dim, size in enumerate(right.shape):
        if 1 < size <= MOST_SLICES and (order := order_along(dim, mine, right)):
            return order
    for first, second in itertools.combinations(range(right.dim()), 2):
        if same(mine, right.transpose(first, second).reshape(right.shape)):
            return f"They are the right ones with dimensions {first} and {second} exchanged."
    for name, function in FUNCTIONS.items():
        if right.dim() and same(mine, function(right)):
            return f"They are the right ones after {name}."
    return factor_of(mine, right) or place_of(mine, right)


def factor_of(mine: Tensor, right: Tensor) -> str:
    """Say by which factor, or by how much, all numbers [...] are off; "" if none is common to all."""
    factor = float((mine * right).sum() / right.square().sum())
    if not math.isfinite(factor) or abs(factor) < ATOL:
        return ""
    part = Fraction(factor).limit_denominator(64)
    is_simple = 1 in (abs(part.numerator), part.denominator) and abs(factor / (part or 1) - 1) < ATOL
    if (right.dim() or is_simple) and same(mine, factor * right):
        times = part if is_simple else f"{factor:.3g}"
        return "Only the sign is wrong." if part == -1 else f"Yours is {times} times what it should be."
    shift = float((mine - right).mean())
    if right.numel() > 1 and same(mine, right + shift):
        return f"Everywhere yours is {'larger' if shift > 0 else 'smaller'} by {abs(shift):.3g}."
    return ""


def order_along(dim: int, mine: Tensor, right: Tensor) -> str:
    """Say which slices of [...] are the right ones of other places; "" if some are none."""
    slices, right_slices = mine.movedim(dim, 0), right.movedim(dim, 0)
    origins = []
    for each in slices:
        found = [index for index, slice_ in enumerate(right_slices) if same(each, slice_)]
        if len(found) != 1:
            return ""
        origins += found
    if len(set(origins)) == len(origins):
        return f"They are the right ones in another order along dimension {dim}: {origins}."
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


def holds_fractions(value: Any) -> bool:
    """Return whether plain data has floating-point numbers or tensors in it."""
    if isinstance(value, dict | list | tuple):
        return any(map(holds_fractions, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) or torch.is_tensor(value)
