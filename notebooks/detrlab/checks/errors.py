"""The exceptions with which a check ends unless it passes; the learner sees each as one message."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from detrlab.display import masked


class CheckFailed(AssertionError):
    """A check has failed. Shown as its message, without a traceback; nbgrader scores it as a failure.

    Attributes:
        slip: the id of the known mistake that was recognised, if any.
        case: the number of the case that failed, from 1.
        why: why that slip was recognised, or none; for authors.
    """

    mark = "✗"
    frames: Sequence[str] = ()
    slip: str | None = None
    case: int | None = None
    why: str = ""

    def lines(self) -> list[str]:
        """Return what the learner sees, by line: the message and the frames of their own code, if any."""
        return [f"{self.mark} {self}", *self.frames]

    def mask(self) -> None:
        """Take out of message and frames the numbers that may come from the secret inputs of a check."""
        self.args = (masked(str(self)),)
        self.frames = [masked(frame) for frame in self.frames]

    def _render_traceback_(self) -> list[str]:
        message, *frames = self.lines()
        return [*textwrap.wrap(message, 92), *frames]


class NothingYet(CheckFailed):
    """The exercise is still the untouched stub."""

    mark = "○"


class LearnerBug(CheckFailed):
    """The learner's code raised; the message is followed by the frames of that code, not by ours.

    Attributes:
        error: the name of the class of what it raised.
    """

    def __init__(self, message: str, frames: Sequence[str] = (), error: str = ""):
        super().__init__(message)
        self.frames, self.error = list(frames), error


class SideEffect(CheckFailed):
    """A call has changed an argument, or what an earlier call has returned."""


class NotYourOwn(CheckFailed):
    """The answer calls library code that does what the exercise asks for."""


class WrongValue(CheckFailed):
    """One observed value is wrong; keeps what a figure needs.

    Args:
        message: what the learner reads.
        what: the name of the value.
        mine, right: all values of the case, by name: the learner's and the right ones.
    """

    def __init__(self, message: str, what: str, mine: Mapping[str, Any], right: Mapping[str, Any]):
        super().__init__(message)
        self.what, self.mine, self.right = what, mine[what], right[what]
        self.all_values = mine, right


class CheckAborted(Exception):
    """An observation could not be made, for a reason other than an error in the learner's code."""
