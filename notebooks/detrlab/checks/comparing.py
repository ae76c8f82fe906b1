"""Compare what a learner's code did with what is right, and say in one message what is wrong."""

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
LONGEST = 200  # characters of a value in a message
BRIEF = reprlib.Repr()
BRIEF.maxlist = BRIEF.maxdict = BRIEF.maxtuple = 20
BRIEF.maxstring = BRIEF.maxother = LONGEST


def same(mine: Any, theirs: Any) -> bool:
    """Return whether two observed values agree; tensors [...] do within RTOL and ATOL."""
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
    """Return the kind of a value: of a tensor the kind of its numbers, of anything else its type."""
    if not torch.is_tensor(value):
        return getattr(value, "_kind", type(value).__name__)  # a proxy names what it stands for
    return "floating point" if value.is_floating_point() else str(value.dtype).removeprefix("torch.")


def agree(mine: Outcome, theirs: Outcome) -> bool:
    """Return whether two outcomes have the same values and the same failure, or none."""
    if (mine.failure is None) != (theirs.failure is None):
        return False
    if mine.failure is not None and str(mine.failure) != str(theirs.failure):
        return False
    return same(mine.values, theirs.values)


@dataclass(frozen=True)
class Slip:
    """A known wrong answer: its outcome in each case, and the message for learners who gave it."""

    id: str
    message: str
    outcomes: Sequence[Outcome]  # by case


def judge(
    mine: Sequence[Outcome], right: Sequence[Outcome], slips: Iterable[Slip], secret: bool = False
) -> None:
    """Compare a learner's outcomes with the right ones; return if all agree.

    The message describes the first case that differs. If a slip has the same outcome there, its message
    is taken; of several such slips, that of the one which agrees with the learner in most cases.

    Args:
        mine, right: outcomes by case, of the learner's code and of the solution.
        slips: the known wrong answers, with their outcomes in the same cases.
        secret: leave numbers out of the message.

    Raises:
        NothingYet: if the exercise is still the stub.
        CheckFailed: if a case differs; it has the number of the case and the slip's id.
    """
    for number, (outcome, expected) in enumerate(zip(mine, right, strict=True)):
        if isinstance(outcome.failure, NothingYet):
            raise outcome.failure
        if agree(outcome, expected):
            continue
        failure = first_difference(outcome, expected, secret)
        failure.case = number + 1
        alike = [slip for slip in slips if agree(outcome, slip.outcomes[number])]
        if alike:
            best = max(alike, key=lambda slip: sum(map(agree, mine, slip.outcomes)))
            failure.args, failure.slip = (best.message,), best.id
        elif secret:
            failure.args = (DECIMALS.sub("…", str(failure)),)
        raise failure


def first_difference(outcome: Outcome, expected: Outcome, secret: bool = False) -> CheckFailed:
    """Return an exception for the first observation that is wrong, or what ended the observations."""
    for what, right in expected.values.items():
        if what not in outcome.values:
            break
        if not same(outcome.values[what], right):
            message = describe(what, outcome.values[what], right, secret)
            advice = expected.advice.get(what, "")
            return WrongValue(f"{message} {advice}".strip(), what, outcome.values[what], right)
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
    share = (gap > ATOL + RTOL * right.double().abs()).double().mean()
    message = f"{what} has the right shape, but {share:.0%} of its numbers are off"
    if secret:
        return f"{message}."
    values = f"yours {mine[tuple(place)]:.6g}, expected {right[tuple(place)]:.6g}"
    return f"{message}; the largest difference is at {place}: {values}."


def holds_fractions(value: Any) -> bool:
    """Return whether plain data has floating-point numbers or tensors in it."""
    if isinstance(value, dict | list | tuple):
        return any(map(holds_fractions, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) or torch.is_tensor(value)
