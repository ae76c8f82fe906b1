"""Find what was submitted in an inbox: whose each entry is, and the files in it that count.

An entry is a folder or a zip of one student, or a class's export. Nothing is executed. What cannot be had
is yielded as an UnreadableFile, with the reason.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from autograder.submissions.archives import (
    MAX_FILES,
    SKIPPED_FOLDERS,
    ByteBudget,
    Found,
    files_of_zip,
    inside,
    is_wanted,
    is_zip,
    names_in,
    no_room,
)
from autograder.submissions.exports import owner_of_folder, owners_of
from autograder.submissions.notebook_json import MAX_BYTES, UnreadableFile, too_large


def students_of(entry: Path, is_alone: bool) -> Iterator[tuple[str, Iterator[Found]]]:
    """Yield whose files an entry of the inbox holds, and the files: one student's, or a whole class's.

    A class comes as learning platforms export it, in one zip that `is_alone` in the inbox: else a student
    could hand in for others, by the names of files.
    """
    if entry.is_file() and not entry.is_symlink() and entry.suffix.lower() == ".zip":
        owners = owners_of(names_in(entry)) if is_alone else {}
        if owners:
            for student in sorted(set(owners.values())):
                own = {name for name, owner in owners.items() if owner == student}
                yield student, files_of_zip(entry, entry.name, ByteBudget(), own)
            return
        yield entry.stem, files_of(entry)
    else:
        yield owner_of_folder(entry.name), files_of(entry)


def files_of(entry: Path) -> Iterator[Found]:
    """Yield the files of an entry that count, with content or with the reason why it cannot be had."""
    if entry.is_symlink():
        yield entry.name, UnreadableFile("is a link, which is not followed")
    elif entry.is_dir():
        yield from files_of_folder(entry)
    elif entry.suffix.lower() == ".zip":
        yield from files_of_zip(entry, entry.name, ByteBudget())
    else:
        yield entry.name, UnreadableFile("lies loose; make one folder or zip for each student")


def files_of_folder(folder: Path) -> Iterator[Found]:
    """Yield a folder's files and those of zips in it; links are not followed, pipes not opened."""
    seen, budget = 0, ByteBudget()
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
        seen += len(names)
        if seen > MAX_FILES:
            yield folder.name, UnreadableFile(f"holds more than {MAX_FILES} files")
            return
        for path in (Path(place, name) for name in sorted(names) if is_wanted(name)):
            state, name = path.lstat(), path.relative_to(folder).as_posix()
            if not stat.S_ISREG(state.st_mode):
                yield name, UnreadableFile("is a link or no ordinary file")
            elif is_zip(name):
                yield from inside(name, files_of_zip(path, name, budget))
            elif state.st_size > min(MAX_BYTES, budget.left):
                yield name, too_large() if state.st_size > MAX_BYTES else no_room()
            else:
                budget.left -= state.st_size
                yield name, path.read_bytes()
