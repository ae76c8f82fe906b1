"""How a sandbox can end, or fail to start, in words."""

import signal
import sys
from typing import Any

from detrlab.checks.errors import CheckAborted
from detrlab.checks.text import printable

TOO_LONG = "took too long and was stopped"
HOW = {
    "SIGXCPU": TOO_LONG,
    "SIGKILL": "took too long or too much memory, or stopped itself",
    "SIGSEGV": "crashed (segmentation fault)",
    "SIGABRT": "crashed (abort)",
    "SIGBUS": "crashed (bus error)",
}
SIGNALS = {getattr(signal, name): how for name, how in HOW.items() if hasattr(signal, name)}
LONGEST = 300  # characters of a worker's last line that are shown


class SandboxExited(CheckAborted):
    """The sandbox ended before it answered; the message says how, in words for the learner.

    Flaky where only the clock ran out: on a busy machine that may not be the learner's fault.
    """

    def __init__(self, how: str, is_flaky: bool = False):
        super().__init__(how)
        self.is_flaky = is_flaky


class NotStarted(OSError):
    """A worker that has worked before does not start again: that says nothing about an answer."""


def how_it_ended(code: Any) -> str:
    """Say how a session ended, by the exit code that the worker reports, if it still does."""
    if type(code) is not int:
        return "the process that ran your code is gone"
    if code < 0:
        return f"your code {SIGNALS.get(-code, f'was ended by signal {-code}')}"
    return f"your code ended its process (exit code {code})"


def explain_startup(errors: bytes) -> str:
    """Say why a worker did not start, from what it wrote to stderr, and what to do about it."""
    lines = [line.strip() for line in errors.decode("utf-8", "replace").splitlines() if line.strip()]
    why = printable(lines[-1], LONGEST).rstrip(".") if lines else "it ended without a word"
    message = f"The process that runs submissions does not start here: {why}."
    if "ImportError" in why or "ModuleNotFoundError" in why:
        return (
            f"{message} It sees what is installed in {sys.prefix}, neither PYTHONPATH nor packages of "
            'pip install --user: install the course there, with pip install -e ".[instructor]".'
        )
    if not lines:
        return f"{message} Is there enough memory for one more Python with torch (about 500 MB)?"
    return (
        f"{message} Run {sys.executable} -I -c 'import torch' to see whether Python itself is at fault."
    )
