"""How a check ends other than by passing, each as one message for the learner."""

import textwrap
from collections.abc import Sequence


class CheckFailed(AssertionError):
    """A check says no. Shown as its message alone, without frames; nbgrader scores it as a failure."""

    mark = "✗"
    frames: Sequence[str] = ()

    def lines(self) -> list[str]:
        """Return what the learner is shown: the message, and their own frames where there are any."""
        return [f"{self.mark} {self}", *self.frames]

    def _render_traceback_(self) -> list[str]:
        message, *frames = self.lines()
        return [*textwrap.wrap(message, 92), *frames]


class NothingYet(CheckFailed):
    """The exercise is still the untouched stub."""

    mark = "○"


class LearnerBug(CheckFailed):
    """The learner's own code raised: the message is followed by the learner's frames, not by ours."""

    def __init__(self, message: str, frames: Sequence[str] = ()):
        super().__init__(message)
        self.frames = list(frames)


class WrongValue(CheckFailed):
    """One observed value is wrong; keeps the learner's value and the right one, to be drawn."""

    def __init__(self, message: str, what: str, mine: object, right: object):
        super().__init__(message)
        self.what, self.mine, self.right = what, mine, right


class CheckAborted(Exception):
    """An observation could not be made, for a reason that is not an error of the learner's code."""
