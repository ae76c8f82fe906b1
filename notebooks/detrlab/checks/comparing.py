"""Compare what a learner's code did with what is right, and say in one message what is wrong."""

import reprlib
from typing import Any

import torch

from detrlab.checks.errors import CheckFailed, LearnerBug, WrongValue
from detrlab.checks.observing import Outcome
from detrlab.checks.relating import ATOL, RTOL, kind, relation_of, same
from detrlab.display import masked, printable, share

LONGEST = 200  # characters of a value in a message
BRIEF = reprlib.Repr()
BRIEF.maxlist = BRIEF.maxdict = BRIEF.maxtuple = 20
BRIEF.maxstring = BRIEF.maxother = LONGEST


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


def first_difference(outcome: Outcome, expected: Outcome, public: Outcome | None = None) -> CheckFailed:
    """Return an exception for the first observation that is wrong, or what ended the observations.

    Args:
        outcome, expected: the learner's and the right one.
        public: in a hidden check the right one of the notebook's check: nothing else that is right is
            told, nor how wrong numbers relate to right ones if that would tell more than another try.
    """
    for what, right in expected.values.items():
        if what not in outcome.values:
            break
        if not same(outcome.values[what], right):
            message = describe(what, outcome.values[what], right, public)
            advice = expected.advice.get(what, "")
            if public is not None and public.advice.get(what) != advice:
                advice = masked(advice, is_public=False)
            return WrongValue(f"{message} {advice}".strip(), what, outcome.values, expected.values)
    failure = outcome.failure or CheckFailed("The check saw fewer results than it expected.")
    if public is not None:
        failure.mask()
    return failure


def shown(value: Any) -> str:
    """Return a value as text that fits into a message and holds no control characters."""
    text = value if isinstance(value, str) else BRIEF.repr(value)
    return printable(text, LONGEST)


def is_public(what: str, right: Any, public: Outcome | None) -> bool:
    """Return whether the notebook's check has the same right value: of a tensor, the same shape."""
    if public is None:
        return True
    if what not in public.values:
        return False
    known = public.values[what]
    if torch.is_tensor(right):
        return torch.is_tensor(known) and known.shape == right.shape
    return not holds_fractions(right) and not holds_fractions(known) and bool(known == right)


def describe(what: str, mine: Any, right: Any, public: Outcome | None = None) -> str:
    """Return a message on how an observed value differs from the right one.

    Args:
        what: the name of the observation.
        mine, right: the learner's value and the right one.
        public: of a hidden check, as in `first_difference`; then no number of a tensor is told.
    """
    is_known, is_secret = is_public(what, right, public), public is not None
    tell = masked if is_secret else str  # of the learner's value, which may be made of inputs
    if public is not None and what not in public.values:
        what = masked(what, is_public=False)
    if mine is None:
        return f"{what} is None: is there a `return`?"
    if not torch.is_tensor(right):
        if not is_known:
            return f"{what} is not what it should be."
        return f"{what} is {tell(shown(mine))}; it should be {shown(right)}."
    if not torch.is_tensor(mine):
        form = f" {list(right.shape)}" if is_known else ""
        return f"{what} is a {tell(kind(mine))}; it should be a tensor{form}."
    if mine.shape != right.shape:
        rest = f"it should have {list(right.shape)}" if is_known else "that is not right"
        return f"{what} has shape {tell(str(list(mine.shape)))}; {rest}."
    if kind(mine) != kind(right):
        return f"{what} holds {kind(mine)} numbers; they should be {kind(right)}."
    if not torch.isfinite(mine).all():
        return f"{what} holds NaN or infinite numbers."
    found = relation_of(mine.double(), right.double(), is_secret)
    relation = f" {found}" if found else ""
    if not right.dim():
        numbers = "" if is_secret else f": it is {mine.item():.6g} and should be {right.item():.6g}"
        return f"{what} is off{numbers}.{relation}"
    if is_secret:
        return f"{what} has the right shape, but not the right numbers.{relation}"
    gap = (mine.double() - right.double()).abs()
    place = [int(i) for i in torch.unravel_index(gap.argmax(), gap.shape)]
    off = gap > ATOL + RTOL * right.double().abs()
    part = share(int(off.sum()), off.numel())
    message = f"{what} has the right shape, but {part} of its numbers are off"
    values = f"yours {mine[tuple(place)]:.6g}, expected {right[tuple(place)]:.6g}"
    return f"{message}; the largest difference is at {place}: {values}.{relation}"


def holds_fractions(value: Any) -> bool:
    """Return whether plain data has floating-point numbers or tensors in it."""
    if isinstance(value, dict | list | tuple):
        return any(map(holds_fractions, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) or torch.is_tensor(value)
