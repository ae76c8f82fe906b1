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
        with stand_ins_around(learner):
            for what, value, *advice in probe.observe(learner, copy_case(case)):
                # Kept as a copy: later calls may write into a tensor that was handed out earlier.
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
            sentence = (
                f"{missing[1]} has no `forward`: is it spelled so, and indented like `__init__`? "
                "(nn.ModuleList has none either; nn.Sequential has.)"
            )
            outcome.failure = LearnerBug(sentence, learner_frames(error))
        elif "NotImplementedError" in names:
            outcome.failure = NothingYet("nothing here yet")
        else:
            outcome.failure = LearnerBug(f"your code raised {names[0]}: {error}", learner_frames(error))
    return outcome
