"""Read students' zips within limits, without unpacking them to disk or executing anything.

Notebooks and the trained model of step 9 are read, also in a zip within a zip. A file that cannot be
read is yielded as an UnreadableFile with the reason.
"""

import io
import stat
import zipfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath

from autograder.submissions.file_kinds import (
    is_readable,
    is_relevant,
    is_rubbish,
    is_zip,
    why_not_gradable,
)
from autograder.submissions.notebook_json import MAX_BYTES, UnreadableFile, too_large

MAX_TOTAL = 200_000_000  # bytes, all files of one student together
MAX_FILES = 5_000  # in one upload
SubmittedFile = tuple[str, bytes | UnreadableFile]  # a name, with the content or why it cannot be read


class OtherKind(UnreadableFile):
    """A file of a kind that is never graded, such as a web page: no loss where its notebook is there."""


class ByteBudget:
    """The number of bytes that one student's files may still take."""

    def __init__(self) -> None:
        self.remaining = MAX_TOTAL


def total_too_large() -> UnreadableFile:
    """Return the error for a file that exceeds what remains of a student's byte budget."""
    return UnreadableFile(f"and the files before it are larger than {MAX_TOTAL // 1_000_000} MB together")


def files_of_zip(
    file: Path | io.BytesIO,
    name: str,
    budget: ByteBudget,
    wanted: Collection[str] = (),
    inner: bool = False,
) -> Iterator[SubmittedFile]:
    """Yield the relevant files of a zip and of the zips in it, within the limits.

    Args:
        file: the zip, as a path or as its bytes.
        name: the name of the zip in messages.
        budget: the bytes that this student's files may still take.
        wanted: the members to read; all if empty.
        inner: whether the zip lies in a zip; no zips are read in it.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = [m for m in archive.infolist() if not wanted or m.filename in wanted]
            if len(members) > MAX_FILES:
                raise UnreadableFile(f"holds more than {MAX_FILES} files")
            for member in sorted(members, key=lambda member: member.filename):
                if not is_relevant(member.filename) or member.is_dir():
                    continue
                if reason := why_not_gradable(member.filename):
                    yield member.filename, OtherKind(reason)
                    continue
                content = read_member(archive, member, budget)
                if isinstance(content, UnreadableFile) or not is_zip(member.filename):
                    yield member.filename, content
                elif inner:
                    yield member.filename, UnreadableFile("is a zip in a zip in a zip; pack it once")
                else:
                    files = files_of_zip(io.BytesIO(content), member.filename, budget, inner=True)
                    yield from with_prefix(member.filename, files)
    except UnreadableFile as error:
        yield name, error
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        yield name, UnreadableFile("cannot be opened as a zip; it may have been cut off")


def with_prefix(name: str, files: Iterable[SubmittedFile]) -> Iterator[SubmittedFile]:
    """Yield the files of an inner zip under names that begin with its own."""
    for inner, content in files:
        yield (inner if inner == name else f"{name}/{inner}"), content


def read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: ByteBudget
) -> bytes | UnreadableFile:
    """Read one file of a zip; return the reason if it cannot be read."""
    limit = min(MAX_BYTES, budget.remaining)
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    if ".." in parts or parts[0].startswith("/") or ":" in parts[0]:
        return UnreadableFile("has a path that leads out of the zip")
    if stat.S_ISLNK(member.external_attr >> 16):
        return UnreadableFile("is a link")
    size_error = too_large() if limit == MAX_BYTES else total_too_large()
    if member.file_size > limit:
        return size_error
    try:
        with archive.open(member) as stream:
            content = stream.read(limit + 1)  # the size stated in the zip may be false
    except Exception as error:  # zipfile and zlib raise many kinds on damaged or encrypted members
        return UnreadableFile(f"cannot be read from the zip ({type(error).__name__})")
    if len(content) > limit:
        return size_error
    budget.remaining -= len(content)
    return content


def readable_names(path: Path) -> list[str]:
    """List the names of what can be read in a zip; none if it cannot be opened."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []
    names = [member.filename for member in members]
    return [name for name in names if is_readable(name) and not is_rubbish(name)]
