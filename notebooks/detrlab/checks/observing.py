"""Observe what a learner's code does in one case of a check."""

import re
import traceback
from dataclasses import dataclass, field
from typing import Any

import torch

from detrlab.checks.codec import flatten, unflatten
from detrlab.checks.errors import CheckAborted, CheckFailed, LearnerBug, NothingYet
from detrlab.checks.isolation import stand_ins_around
from detrlab.checks.probing import Case, Probe

NO_FORWARD = re.compile(r'Module \[(\w+)\] is missing the required "forward"')
NOTEBOOK_FRAME = re.compile(r"ipykernel_|^<\d\d_")  # a cell in a kernel, or run by detrlab.steps


@dataclass
class Outcome:
    """What was observed in one case: values by name, advice by name, and what ended it early, if any."""

    values: dict[str, Any] = field(default_factory=dict)
    advice: dict[str, str] = field(default_factory=dict)
    failure: CheckFailed | None = None

    def to_data(self) -> dict:
        """Return the outcome as data for a fixture; of a failure message and type are kept."""
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


def observe(probe: Probe, learner: Any, case: Case) -> Outcome:
    """Run a probe on a learner's function or class in one case; errors become the outcome's `failure`.

    Raises:
        CheckAborted: if an observation could not be made.
    """
    outcome = Outcome()
    try:
        with stand_ins_around(learner):
            for what, value, *advice in probe.observe(learner, copy_case(case)):
                # Copied, because later calls may change a tensor in place that was returned earlier.
                outcome.values[what] = value.detach().clone() if torch.is_tensor(value) else value
                if advice:
                    outcome.advice[what] = advice[0]
    except CheckFailed as failure:
        outcome.failure = failure
    except CheckAborted:
        raise
    except Exception as error:
        names = error_names(error)
        if missing := NO_FORWARD.search(str(error)):
            message = (
                f"{missing[1]} has no `forward`: is it spelled so, and indented like `__init__`? "
                "(nn.ModuleList has none either; nn.Sequential has.)"
            )
            outcome.failure = LearnerBug(message, learner_frames(error), names[0])
        elif "NotImplementedError" in names:
            outcome.failure = NothingYet("nothing here yet")
        else:
            frames = learner_frames(error)
            # Without a frame of the learner's, it was our use of their object that failed.
            what = "your code raised" if frames else "it cannot be used as it should be:"
            outcome.failure = LearnerBug(f"{what} {names[0]}: {error}", frames, names[0])
    return outcome
