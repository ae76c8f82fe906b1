"""Allow one run at a time on a course, and explain what stops a run; what is graded is kept."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy.exc import OperationalError

from autograder.workspace.course import close_to_others

AGAIN = "Nothing is lost: run the same command again, and it goes on from here."


class GradingStopped(OSError):
    """Grading cannot continue for now; the message gives the reason and the remedy."""


@contextmanager
def explain_stops() -> Iterator[None]:
    """Turn errors about the disk or the gradebook into GradingStopped.

    Raises:
        GradingStopped: if the disk is full, or the gradebook is locked or cannot be written.
    """
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
    """Hold the lock of a course for this run, and close its folder to others.

    Raises:
        GradingStopped: if another run holds it.
    """
    try:
        with FileLock(course / ".grading", timeout=0):
            close_to_others(course)
            yield
    except Timeout:
        reason = f"Another run is at work on {course} just now; wait until it has ended."
        raise GradingStopped(reason) from None
