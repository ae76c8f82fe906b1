"""One file of an inbox: its content, or why it is not read. Limits hold for each student."""

from collections.abc import Collection
from pathlib import Path

from autograder.submissions.inbox.kinds import (
    is_readable,
    names_a_step,
    why_not_gradable,
    why_rubbish,
)
from autograder.submissions.notebook_json import MAX_BYTES, UnreadableFile, too_large

MAX_TOTAL = 200_000_000  # bytes, all files of one student together
MAX_FILES = 5_000  # that are read, in one upload
# A file's path in the inbox, in which a zip counts as a folder, with its content or why it is not read.
SubmittedFile = tuple[str, bytes | UnreadableFile]


class OtherKind(UnreadableFile):
    """A file of a kind that is never graded, such as a web page: no loss where its notebook is there."""


class Ignored(UnreadableFile):
    """A file that is no concern of grading: a program's own, a platform's, a picture, data."""


class ByteBudget:
    """The number of bytes that one student's files may still take."""

    def __init__(self) -> None:
        self.remaining = MAX_TOTAL


def total_too_large() -> UnreadableFile:
    """Return the error for a file that exceeds what remains of a student's byte budget."""
    return UnreadableFile(f"and the files before it are larger than {MAX_TOTAL // 1_000_000} MB together")


def why_unread(name: str, environments: Collection[str] = ()) -> UnreadableFile | None:
    """Return why a file is not read, by its name; None if it is.

    Args:
        name: its path in what was handed in.
        environments: the folders that are environments of Python.
    """
    if rubbish := why_rubbish(name, environments):
        return Ignored(rubbish)
    if reason := why_not_gradable(name):
        return OtherKind(reason)
    if is_readable(name):
        return None
    kind = OtherKind if names_a_step(name) else Ignored
    return kind("is no notebook, no trained model and no zip")


def read_within(path: Path, size: int, budget: ByteBudget) -> bytes | UnreadableFile:
    """Return the content of a file, or why it is not read."""
    if size > min(MAX_BYTES, budget.remaining):
        return too_large() if size > MAX_BYTES else total_too_large()
    budget.remaining -= size
    try:
        return path.read_bytes()
    except OSError as error:
        return UnreadableFile(f"cannot be read ({error.strerror})")
