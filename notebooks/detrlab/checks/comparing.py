"""Compare what a learner's code did with what is right, and say in one message what is wrong."""

import math
import reprlib
from typing import Any

import torch

from detrlab.checks.errors import CheckFailed, LearnerBug, WrongValue
from detrlab.checks.observing import Outcome
from detrlab.checks.probing import UNKNOWN
from detrlab.checks.text import printable, share

ATOL, RTOL = 1e-4, 1e-3  # LayerNorm with an eps of 1e-6 differs by 1e-4
LONGEST = 200  # characters of a value in a message
BRIEF = reprlib.Repr()
BRIEF.maxlist = BRIEF.maxdict = BRIEF.maxtuple = 20
BRIEF.maxstring = BRIEF.maxother = LONGEST


def same(mine: Any, theirs: Any) -> bool:
    """Return whether two observed values agree.

    Tensors [...] do within RTOL and ATOL. Plain floats do within RTOL alone, since a learning rate may be
    smaller than ATOL. NaN agrees with NaN.
    """
    if mine is UNKNOWN:
        return True
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
    if not right.dim():
        numbers = "" if secret else f": it is {mine.item():.6g} and should be {right.item():.6g}"
        return f"{what} is off{numbers}."
    gap = (mine.double() - right.double()).abs()
    place = [int(i) for i in torch.unravel_index(gap.argmax(), gap.shape)]
    off = gap > ATOL + RTOL * right.double().abs()
    message = (
        f"{what} has the right shape, but {share(int(off.sum()), off.numel())} of its numbers are off"
    )
    if secret:
        return f"{message}."
    values = f"yours {mine[tuple(place)]:.6g}, expected {right[tuple(place)]:.6g}"
    return f"{message}; the largest difference is at {place}: {values}."


def holds_fractions(value: Any) -> bool:
    """Return whether plain data has floating-point numbers or tensors in it."""
    if isinstance(value, dict | list | tuple):
        return any(map(holds_fractions, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) or torch.is_tensor(value)
