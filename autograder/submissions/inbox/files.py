"""One file of an inbox: its content, or why it is not read. Limits hold for each student."""

import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from autograder.submissions.inbox.kinds import (
    is_readable,
    names_a_step,
    why_not_gradable,
    why_rubbish,
)
from autograder.submissions.limits import MAX_FILE_BYTES, MAX_SECONDS, MAX_STUDENT_FILES, MAX_TOTAL_BYTES
from autograder.submissions.notebook_json import UnreadableFile, too_large

# A file's path in the inbox, in which a zip counts as a folder, with its content or why it is not read.
SubmittedFile = tuple[str, bytes | UnreadableFile]


class OtherKind(UnreadableFile):
    """A file of a kind that is never graded, such as a web page: no loss where its notebook is there."""


class Ignored(UnreadableFile):
    """A file that is no concern of grading: a program's own, a platform's, a picture, data."""


class ByteBudget:
    """The number of bytes that one student's files may still take."""

    def __init__(self) -> None:
        self.remaining = MAX_TOTAL_BYTES


def total_too_large() -> UnreadableFile:
    """Return the error for a file that exceeds what remains of a student's byte budget."""
    limit = MAX_TOTAL_BYTES // 1_000_000
    return UnreadableFile(f"and the files before it are larger than {limit} MB together")


def at_most(files: Iterable[SubmittedFile]) -> Iterator[SubmittedFile]:
    """Yield one student's files until they are too many or take too long; then say so, and stop.

    Those that are no concern of grading do not count, and those of kinds that are not graded count apart:
    who packs a whole folder of programs has their notebooks graded. The time is that of whoever takes the
    files, too.
    """
    number = {OtherKind: 0, UnreadableFile: 0}
    end = time.process_time() + MAX_SECONDS
    for path, content in files:
        kind = OtherKind if isinstance(content, OtherKind) else UnreadableFile
        number[kind] += not isinstance(content, Ignored)
        if time.process_time() > end:
            reason = f"and those after it were not looked at: reading took over {MAX_SECONDS:.0f} s"
            yield path, UnreadableFile(reason)
            return
        if number[kind] <= MAX_STUDENT_FILES:
            yield path, content
        elif kind is UnreadableFile:
            reason = f"and those after it were not looked at: {MAX_STUDENT_FILES} files are the most"
            yield path, UnreadableFile(reason)
            return


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
    if size > min(MAX_FILE_BYTES, budget.remaining):
        return too_large() if size > MAX_FILE_BYTES else total_too_large()
    budget.remaining -= size
    try:
        return path.read_bytes()
    except OSError as error:
        return UnreadableFile(f"cannot be read ({error.strerror})")
