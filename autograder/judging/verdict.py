"""The verdict on one exercise of one submission, in the one form in which it is stored and shown."""

import math
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from detrlab.display import printable_lines

NOT_JUDGED = "✗ This question could not be graded automatically; a person will look at it."


class State(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    PARTIAL = "partial"  # some of the points, as for a trained model
    FAILED = "failed"
    UNTOUCHED = "untouched"  # the exercise is still the stub
    ABORTED = "aborted"  # the process that ran the code ended, or violated the protocol
    FLAKY = "flaky"  # right the first time only, or the check itself failed


# The names of the states in course folders of version 1.0.
STATES_OF_1_0 = {
    "pass": State.PASSED,
    "part": State.PARTIAL,
    "fail": State.FAILED,
    "nothing": State.UNTOUCHED,
    "ended": State.ABORTED,
    "doubt": State.FLAKY,
}


@dataclass(frozen=True)
class Verdict:
    """The result of a check. Whatever it is made from, the message is safe to show, the credit in 0..1.

    Attributes:
        state: how the check ended.
        message: for the learner: a line, and below it the frames of an error in their own code.
        credit: the share of the points, 0 to 1.
        needs_review: whether a person has to review it.
        sandboxed: whether the learner's code ran in a sandbox.
        cpu_seconds: CPU time of the learner's code.
        megabytes: the largest memory of its process, in MiB.
        slip: the id of the known mistake that was recognised, if any.
        case: the number of the case that failed, from 1.
        why: why that slip was recognised, or none; for authors.
        trace: a fingerprint of the answer, which tells its author; empty of a short or an open one.
    """

    state: State
    message: str
    credit: float = 0.0
    needs_review: bool = False
    sandboxed: bool = True
    cpu_seconds: float = 0.0
    megabytes: float = 0.0
    slip: str | None = None
    case: int | None = None
    why: str = ""
    trace: str = ""

    def __post_init__(self) -> None:
        credit = float(self.credit)
        credit = min(max(credit, 0.0), 1.0) if math.isfinite(credit) else 0.0
        object.__setattr__(self, "state", State(self.state))
        object.__setattr__(self, "message", printable_lines(str(self.message)))
        object.__setattr__(self, "credit", credit)

    @property
    def headline(self) -> str:
        """The message's first line."""
        return self.message.partition("\n")[0]

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Verdict":
        """Read a verdict as `to_json`, or version 1.0, wrote it."""
        if "sentence" in data:
            state, review = STATES_OF_1_0[data["state"]], data.get("needs_person", False)
            names = ("credit", "cpu_seconds", "megabytes")
            kept = {name: data[name] for name in names if name in data}
            return cls(state, data["sentence"], needs_review=review, **kept)
        return cls(**{name: value for name, value in data.items() if name != "seed"})  # of 1.1


Verdicts = dict[str, Verdict]  # by exercise


def not_judged() -> Verdict:
    """Return the verdict on an exercise for which the judge returned none."""
    return Verdict(State.ABORTED, NOT_JUDGED, needs_review=True)


def verdicts_to_json(verdicts: Verdicts) -> dict[str, dict]:
    """Return verdicts as plain data, by exercise."""
    return {exercise: verdict.to_json() for exercise, verdict in verdicts.items()}


def verdicts_from_json(data: dict[str, dict]) -> Verdicts:
    """Read verdicts as `verdicts_to_json` returned them."""
    return {exercise: Verdict.from_json(verdict) for exercise, verdict in data.items()}
