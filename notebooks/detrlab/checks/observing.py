"""Observe what a learner's code does in one case of a check."""

import re
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch

from detrlab.cells.isolation import stand_ins_around
from detrlab.checks.codec import flatten, unflatten
from detrlab.checks.errors import (
    CheckAborted,
    CheckFailed,
    LearnerBug,
    NothingYet,
    NotYourOwn,
    SideEffect,
)
from detrlab.checks.probes.given import given
from detrlab.checks.probing import Case, Probe
from detrlab.checks.watching import Watched, map_tensors

NO_FORWARD = re.compile(r'Module \[(\w+)\] is missing the required "forward"')
# What `Watched` raises: in another process, the name of its class and its text are what comes through.
OURS = {kind.__name__: kind for kind in (SideEffect, NotYourOwn)}
NOTEBOOK_FRAME = re.compile(r"ipykernel_|^<\d\d_")  # a cell in a kernel, or run by detrlab.steps


@dataclass
class Outcome:
    """What was observed in one case: values by name, advice by name, and what ended it early, if any."""

    values: dict[str, Any] = field(default_factory=dict)
    advice: dict[str, str] = field(default_factory=dict)
    failure: CheckFailed | None = None

    def to_data(self) -> dict:
        """Return the outcome as data for a fixture; of a failure its message and the error's type."""
        failure = str(self.failure) if self.failure else None
        error = getattr(self.failure, "error", None)
        return {"values": self.values, "advice": self.advice, "failure": failure, "error": error}

    @classmethod
    def from_data(cls, data: dict) -> "Outcome":
        """Read what `to_data` wrote."""
        message, error = data["failure"], data["error"]
        failure = CheckFailed(message) if message else None
        if error is not None:
            failure = LearnerBug(message, error=error)
        return cls(data["values"], data["advice"], failure)


def copy_case(case: Case) -> Case:
    """Return a copy of a case, so that code which changes its arguments in place changes only that."""
    tensors: dict[str, torch.Tensor] = {}
    return unflatten(flatten(case, tensors), tensors)


def error_names(error: BaseException) -> list[str]:
    """Return the names of an error's class and its bases, also if it was raised in another process."""
    return getattr(error, "names", [kind.__name__ for kind in type(error).__mro__])


def learner_frames(error: BaseException) -> list[str]:
    """Return those frames of a traceback that lie in notebook cells, as text, most recent last."""
    if hasattr(error, "frames"):
        return error.frames
    frames = traceback.extract_tb(error.__traceback__)
    shown = [frame for frame in frames if NOTEBOOK_FRAME.search(frame.filename)]
    return [f"    in {frame.name}, line {frame.lineno}: {frame.line}" for frame in shown]


def watch(learner: Any, reserved: Sequence[str] = ()) -> Any:
    """Return a learner's function or class as `Watched`, made in the process of the learner's code.

    Args:
        learner: the function or class, or a proxy of one in another process.
        reserved: the dotted names of library code that it may not call.

    Raises:
        CheckFailed: if that raises, or what comes back from there cannot be called.
    """
    with errors_as_failures():
        return given(learner, "Watched")(learner, reserved)


def use_again(watched: Any) -> None:
    """From now on, let what `watch` returned give out the objects that it has made before.

    Raises:
        CheckFailed: if that raises, or what comes back from there cannot be called.
    """
    with errors_as_failures():
        watched._use_again()


@contextmanager
def errors_as_failures() -> Iterator[None]:
    """Turn errors into failures of the check, which they are where the learner's process answers.

    Raises:
        CheckFailed: for whatever the block raises.
        CheckAborted: as it came.
    """
    try:
        yield
    except (CheckFailed, CheckAborted):
        raise
    except Exception as error:
        raise failure_of(error) from error


def observe(probe: Probe, watched: Any, case: Case) -> Outcome:
    """Run a probe on a learner's function or class in one case; errors become the outcome's `failure`.

    Args:
        probe: of the exercise.
        watched: what `watch` returns of the function or class.
        case: the inputs.

    Raises:
        CheckAborted: if an observation could not be made.
    """
    outcome = Outcome()
    target = watched._target if isinstance(watched, Watched) else watched
    try:
        with errors_as_failures(), stand_ins_around(target):
            for what, value, *advice in probe.observe(watched, copy_case(case)):
                # Copied, because later calls may change a tensor in place that was returned earlier.
                outcome.values[what] = map_tensors(value, lambda tensor: tensor.detach().clone())
                if advice:
                    outcome.advice[what] = advice[0]
    except CheckFailed as failure:
        outcome.failure = failure
        # What led to it holds the frames of the learner's code, and with them models: outcomes are kept.
        failure.__traceback__ = failure.__cause__ = failure.__context__ = None
    return outcome


def failure_of(error: Exception) -> CheckFailed:
    """Turn what a learner's code raised, here or in another process, into the failure of a check."""
    names = error_names(error)
    if missing := NO_FORWARD.search(str(error)):
        message = (
            f"{missing[1]} has no `forward`: is it spelled so, and indented like `__init__`? "
            "(nn.ModuleList has none either; nn.Sequential has.)"
        )
        return LearnerBug(message, learner_frames(error), names[0])
    if "NotImplementedError" in names:
        return NothingYet("nothing here yet")
    if names[0] in OURS:
        return OURS[names[0]](str(error))
    frames = learner_frames(error)
    # Without a frame of the learner's, it was our use of their object that failed.
    what = "your code raised" if frames else "it cannot be used as it should be:"
    return LearnerBug(f"{what} {names[0]}: {error}", frames, names[0])
