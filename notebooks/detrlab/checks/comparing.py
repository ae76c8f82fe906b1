"""Compare what a learner's code did with what is right, and say in one sentence what is wrong."""

import re
import reprlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from detrlab.checks.errors import CheckFailed, NothingYet, WrongValue
from detrlab.checks.observing import Outcome
from detrlab.checks.text import printable

ATOL, RTOL = 1e-5, 1e-4
DECIMALS = re.compile(r"-?\d+\.\d{3,}(?:e[+-]?\d+)?|-?\d(?:\.\d+)?e[+-]?\d+")
LONGEST = 200  # characters of a value in a sentence
BRIEF = reprlib.Repr()
BRIEF.maxlist = BRIEF.maxdict = BRIEF.maxtuple = 20
BRIEF.maxstring = BRIEF.maxother = LONGEST


def same(mine: Any, theirs: Any) -> bool:
    """Say whether two observed values agree, tensors within the tolerance."""
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
    return type(mine) is type(theirs) and bool(mine == theirs)


def kind(value: Any) -> str:
    """Name what sort of value this is: of tensors the sort of numbers, of others the type."""
    if not torch.is_tensor(value):
        return getattr(value, "_kind", type(value).__name__)  # a proxy knows what it stands for
    return "floating point" if value.is_floating_point() else str(value.dtype).removeprefix("torch.")


def agree(mine: Outcome, theirs: Outcome) -> bool:
    """Say whether two outcomes are the same: the same values, ended by the same failure."""
    if (mine.failure is None) != (theirs.failure is None):
        return False
    if mine.failure is not None and str(mine.failure) != str(theirs.failure):
        return False
    return same(mine.values, theirs.values)


@dataclass(frozen=True)
class Slip:
    """A known wrong answer: what it does in each case, and what to say to who gave it."""

    id: str
    message: str
    outcomes: Sequence[Outcome]  # by case


def judge(
    mine: Sequence[Outcome], right: Sequence[Outcome], slips: Iterable[Slip], secret: bool = False
) -> None:
    """Compare what the learner's code did with what is right; raise CheckFailed with one sentence.

    The first case that is wrong decides. A slip is named when it does exactly the same there; of
    several, the one that does the same in most cases. Of `secret` cases no numbers are told.
    """
    for number, (outcome, expected) in enumerate(zip(mine, right, strict=True)):
        if isinstance(outcome.failure, NothingYet):
            raise outcome.failure
        if agree(outcome, expected):
            continue
        failure = first_difference(outcome, expected, secret)
        alike = [slip for slip in slips if agree(outcome, slip.outcomes[number])]
        if alike:
            best = max(alike, key=lambda slip: sum(map(agree, mine, slip.outcomes)))
            failure.args = (best.message,)
        elif secret:
            failure.args = (DECIMALS.sub("…", str(failure)),)
        raise failure


def first_difference(outcome: Outcome, expected: Outcome, secret: bool = False) -> CheckFailed:
    """Describe the first observation that is wrong, or what ended the observations."""
    for what, right in expected.values.items():
        if what not in outcome.values:
            break
        if not same(outcome.values[what], right):
            sentence = describe(what, outcome.values[what], right, secret)
            advice = expected.advice.get(what, "")
            return WrongValue(f"{sentence} {advice}".strip(), what, outcome.values[what], right)
    return outcome.failure or CheckFailed("The check saw fewer results than it expected.")


def shown(value: Any) -> str:
    """Return a value as text that fits in a sentence and holds no control characters."""
    text = value if isinstance(value, str) else BRIEF.repr(value)
    return printable(text, LONGEST)


def describe(what: str, mine: Any, right: Any, secret: bool = False) -> str:
    """Say in one sentence how an observed value differs from the right one; how much is no secret."""
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
        said = "" if secret else f": it is {mine.item():.6g} and should be {right.item():.6g}"
        return f"{what} is off{said}."
    gap = (mine.double() - right.double()).abs()
    place = [int(i) for i in torch.unravel_index(gap.argmax(), gap.shape)]
    share = (gap > ATOL + RTOL * right.double().abs()).double().mean()
    sentence = f"{what} has the right shape, but {share:.0%} of its numbers are off"
    if secret:
        return f"{sentence}."
    values = f"yours {mine[tuple(place)]:.6g}, expected {right[tuple(place)]:.6g}"
    return f"{sentence}; the largest difference is at {place}: {values}."


def holds_fractions(value: Any) -> bool:
    """Say whether plain data has floating-point numbers or tensors in it."""
    if isinstance(value, dict | list | tuple):
        return any(map(holds_fractions, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) or torch.is_tensor(value)
