"""Read folders within limits; links and pipes are not opened."""

import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from autograder.submissions.inbox.archives import files_of_zip, is_candidate, is_wanted, opens_as_zip
from autograder.submissions.inbox.files import ByteBudget, SubmittedFile, read_within, why_unread
from autograder.submissions.inbox.kinds import environments_of, is_zip
from autograder.submissions.limits import MAX_UPLOAD_FILES
from autograder.submissions.notebook_json import UnreadableFile


def files_of_folder(
    folder: Path, budget: ByteBudget, wanted: Collection[str] | None = None
) -> Iterator[SubmittedFile]:
    """Yield the files of a folder and of the zips in it, those that are not read with the reason.

    Args:
        folder: it lies in the inbox.
        budget: the bytes that this student's files may still take.
        wanted: the paths to yield, or those of zips with all that they hold; all by default.
    """
    names = names_in_folder(folder)
    environments = environments_of(names)
    if sum(is_candidate(name, environments) for name in names) > MAX_UPLOAD_FILES:
        yield folder.name, UnreadableFile(f"holds more than {MAX_UPLOAD_FILES} files")
        return
    for name in names:
        path = f"{folder.name}/{name}"
        if not is_wanted(path, wanted):
            continue
        if reason := why_unread(name, environments):
            yield path, reason
        else:
            yield from files_of_file(folder / name, path, budget, wanted)


def files_of_file(
    file: Path, path: str, budget: ByteBudget, wanted: Collection[str] | None = None
) -> Iterator[SubmittedFile]:
    """Yield a file, or what lies in it if it is a zip."""
    status = file.lstat()
    if not stat.S_ISREG(status.st_mode):
        yield path, UnreadableFile("is a link or no ordinary file")
    elif is_zip(path) and opens_as_zip(path, beginning_of(file)):
        own = None if wanted is None or path in wanted else wanted
        yield from files_of_zip(file, path, budget, own)
    else:
        yield path, read_within(file, status.st_size, budget)


def beginning_of(file: Path) -> bytes:
    """Return the first bytes of a file; none if it cannot be read."""
    try:
        with file.open("rb") as stream:
            return stream.read(4)
    except OSError:
        return b""


def names_in_folder(folder: Path) -> list[str]:
    """List the files in a folder and below it by their paths in it; links to folders count as files."""
    names = []
    for parent, folders, files in os.walk(folder):
        linked = [name for name in folders if Path(parent, name).is_symlink()]
        folders.sort()
        names += [Path(parent, name).relative_to(folder).as_posix() for name in [*files, *linked]]
    return sorted(names)
