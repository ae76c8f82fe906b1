"""Messages about how a sandbox ended or why it did not start."""

import signal
import sys
from typing import Any

from detrlab.checks.errors import CheckAborted
from detrlab.display import printable

TOO_LONG = "took too long and was stopped"
USED_UP = "has used up the time that all checks of a notebook, or of a week, have together"
SIGNAL_MESSAGES = {
    "SIGXCPU": TOO_LONG,
    "SIGKILL": "took too long or too much memory, or stopped itself",
    "SIGSEGV": "crashed (segmentation fault)",
    "SIGABRT": "crashed (abort)",
    "SIGBUS": "crashed (bus error)",
    "SIGSYS": "made a system call that no exercise needs",
}
MESSAGE_BY_NUMBER = {
    getattr(signal, name): message
    for name, message in SIGNAL_MESSAGES.items()
    if hasattr(signal, name)  # Windows lacks some
}
LONGEST = 300  # characters of a worker's last line that are shown


class SandboxExited(CheckAborted):
    """The sandbox ended before it answered; the message tells the learner how.

    It is flaky if time was short, which on a busy machine may not be the fault of the learner's code.
    """

    def __init__(self, message: str, is_flaky: bool = False):
        super().__init__(message)
        self.is_flaky = is_flaky


class NotStarted(OSError):
    """A worker that has started before does not start again; this is no verdict on an answer."""


def describe_exit(code: Any) -> str:
    """Return how a session ended, from the exit code that the worker reports, if it reports any."""
    if type(code) is not int:
        return "the process that ran your code is gone"
    if code < 0:
        return f"your code {MESSAGE_BY_NUMBER.get(-code, f'was ended by signal {-code}')}"
    return f"your code ended its process (exit code {code})"


def explain_startup(errors: bytes) -> str:
    """Return why a worker did not start, from what it wrote to stderr, and what to do about it."""
    lines = [line.strip() for line in errors.decode("utf-8", "replace").splitlines() if line.strip()]
    reason = printable(lines[-1], LONGEST).rstrip(".") if lines else "it ended without a word"
    message = f"The process that runs submissions does not start here: {reason}."
    if "ImportError" in reason or "ModuleNotFoundError" in reason:
        return (
            f"{message} It sees what is installed in {sys.prefix}, neither PYTHONPATH nor packages of "
            'pip install --user: install the course there, with pip install -e ".[instructor]".'
        )
    if not lines:
        return f"{message} Is there enough memory for one more Python with torch (about 500 MB)?"
    return (
        f"{message} Run {sys.executable} -I -c 'import torch' to see whether Python itself is at fault."
    )
