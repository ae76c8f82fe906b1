"""One run at a time on a course, and what stops a run, in one sentence: nothing is lost."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy.exc import OperationalError

AGAIN = "Nothing is lost: run the same command again, and it goes on from here."


class GradingStopped(OSError):
    """Grading cannot go on for now; the message says why and what to do. What is graded stays graded."""


@contextmanager
def explain_stops() -> Iterator[None]:
    """Turn a full disk or a locked gradebook into GradingStopped, in one sentence."""
    try:
        yield
    except OperationalError as error:
        if "full" in str(error.orig):
            raise GradingStopped(f"The disk is full. Make room. {AGAIN}") from error
        if "lock" in str(error.orig):
            reason = "The gradebook is locked by another program. Close formgrader or wait for it."
            raise GradingStopped(f"{reason} {AGAIN}") from error
        raise GradingStopped(f"The gradebook cannot be written ({error.orig}). {AGAIN}") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise GradingStopped(f"The disk is full. Make room. {AGAIN}") from error
        raise


@contextmanager
def hold_course(course: Path) -> Iterator[None]:
    """Hold the course for this run. GradingStopped where another run holds it."""
    try:
        with FileLock(course / ".grading", timeout=0):
            yield
    except Timeout:
        reason = f"Another run is at work on {course} just now; wait until it has ended."
        raise GradingStopped(reason) from None
