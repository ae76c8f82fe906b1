"""Observe what a learner's code does in each case of a check, and say in one sentence what is wrong."""

import re
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from detrlab.codec import flatten, unflatten
from detrlab.probes import Case, Probe

ATOL, RTOL = 1e-5, 1e-4
NOTEBOOK_FRAME = re.compile(r"ipykernel_|^<\d\d_")  # a cell in a kernel, or run by detrlab.steps


class CheckFailed(AssertionError):
    """A check says no. Shown as its one sentence, without frames; nbgrader scores it as a failure."""

    mark = "✗"

    def _render_traceback_(self) -> list[str]:
        return [f"{self.mark} {self}"]


class NothingYet(CheckFailed):
    """The exercise is still the untouched stub."""

    mark = "○"


class LearnerBug(CheckFailed):
    """The learner's own code raised: its sentence is followed by the learner's frames, not ours."""

    def __init__(self, sentence: str, frames: Sequence[str] = ()):
        super().__init__(sentence)
        self.frames = list(frames)

    def _render_traceback_(self) -> list[str]:
        return [f"{self.mark} {self}", *self.frames]


class WrongValue(CheckFailed):
    """One observed value is wrong; keeps yours and the right one, to be drawn."""

    def __init__(self, sentence: str, what: str, mine: Any, right: Any):
        super().__init__(sentence)
        self.what, self.mine, self.right = what, mine, right


class BrokeOff(Exception):
    """An observation could not be made, for a reason that is not an error of the learner's code."""


@dataclass
class Outcome:
    """What one case showed: values by name, advice by name, and what ended the observation early."""

    values: dict[str, Any] = field(default_factory=dict)
    advice: dict[str, str] = field(default_factory=dict)
    failure: CheckFailed | None = None

    def to_data(self) -> dict:
        """Return the values as data for a fixture; a failure is kept by its sentence."""
        failure = str(self.failure) if self.failure else None
        return {"values": self.values, "advice": self.advice, "failure": failure}

    @classmethod
    def from_data(cls, data: dict) -> "Outcome":
        """Read what `to_data` wrote."""
        failure = CheckFailed(data["failure"]) if data["failure"] else None
        return cls(data["values"], data["advice"], failure)


def copy_case(case: Case) -> Case:
    """Copy a case, so that code which writes into its arguments changes its own copy only."""
    tensors: dict[str, torch.Tensor] = {}
    return unflatten(flatten(case, tensors), tensors)


def error_names(error: BaseException) -> list[str]:
    """Return the names of an error's class and its bases, also where it was raised in another process."""
    return getattr(error, "names", [kind.__name__ for kind in type(error).__mro__])


def learner_frames(error: BaseException) -> list[str]:
    """Format the frames of a traceback that lie in notebook cells, newest last."""
    if hasattr(error, "frames"):
        return error.frames
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if NOTEBOOK_FRAME.search(frame.filename)]
    return [f"    in {frame.name}, line {frame.lineno}: {frame.line}" for frame in own]


def observe(probe: Probe, learner: Any, case: Case) -> Outcome:
    """Put `learner` through one case. Whatever its code raises ends up in the outcome's `failure`."""
    outcome = Outcome()
    try:
        for what, value, *advice in probe.observe(learner, copy_case(case)):
            # Kept as a copy: later calls may write into a tensor that was handed out earlier.
            outcome.values[what] = value.detach().clone() if torch.is_tensor(value) else value
            if advice:
                outcome.advice[what] = advice[0]
    except CheckFailed as failure:
        outcome.failure = failure
    except BrokeOff:
        raise
    except Exception as error:
        names = error_names(error)
        if "NotImplementedError" in names:
            outcome.failure = NothingYet("nothing here yet")
        else:
            outcome.failure = LearnerBug(f"your code raised {names[0]}: {error}", learner_frames(error))
    return outcome


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
    says: str
    outcomes: list[Outcome]


def judge(mine: Sequence[Outcome], right: Sequence[Outcome], slips: Iterable[Slip]) -> None:
    """Compare what the learner's code did with what is right; raise CheckFailed with one sentence.

    The first case that is wrong decides. A slip is named when it does exactly the same there; of
    several, the one that does the same in most cases.
    """
    for number, (outcome, expected) in enumerate(zip(mine, right, strict=True)):
        if isinstance(outcome.failure, NothingYet):
            raise outcome.failure
        if agree(outcome, expected):
            continue
        failure = first_difference(outcome, expected)
        alike = [slip for slip in slips if agree(outcome, slip.outcomes[number])]
        if alike:
            best = max(alike, key=lambda slip: sum(map(agree, mine, slip.outcomes)))
            failure.args = (best.says,)
        raise failure


def first_difference(outcome: Outcome, expected: Outcome) -> CheckFailed:
    """Describe the first observation that is wrong, or what ended the observations."""
    for what, right in expected.values.items():
        if what not in outcome.values:
            break
        if not same(outcome.values[what], right):
            sentence = describe(what, outcome.values[what], right)
            advice = expected.advice.get(what, "")
            return WrongValue(f"{sentence} {advice}".strip(), what, outcome.values[what], right)
    return outcome.failure or CheckFailed("The check saw fewer results than it expected.")


def describe(what: str, mine: Any, right: Any) -> str:
    """Say in one sentence how an observed value differs from the right one."""
    if not torch.is_tensor(right):
        return f"{what} is {mine!r}; it should be {right!r}."
    if not torch.is_tensor(mine):
        return f"{what} is a {kind(mine)}; it should be a tensor {list(right.shape)}."
    if mine.shape != right.shape:
        return f"{what} has shape {list(mine.shape)}; it should have {list(right.shape)}."
    if kind(mine) != kind(right):
        return f"{what} holds {kind(mine)} numbers; they should be {kind(right)}."
    if not torch.isfinite(mine).all():
        return f"{what} holds NaN or infinite numbers."
    gap = (mine.double() - right.double()).abs()
    place = [int(i) for i in torch.unravel_index(gap.argmax(), gap.shape)]
    share = (gap > ATOL + RTOL * right.double().abs()).double().mean()
    return (
        f"{what} has the right shape, but {share:.0%} of its numbers are off; the largest difference "
        f"is at {place}: yours {mine[tuple(place)]:.4g}, expected {right[tuple(place)]:.4g}."
    )
