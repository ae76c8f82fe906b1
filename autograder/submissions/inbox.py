"""Find submissions in an inbox: the student of each upload, and the relevant files in it.

An upload is the folder or zip of one student, or a platform's export of the class. Nothing is executed. A
file that cannot be read is yielded as an UnreadableFile with the reason.
"""

import os
import re
import stat
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from autograder.submissions.archives import (
    MAX_FILES,
    ByteBudget,
    OtherKind,
    SubmittedFile,
    files_of_zip,
    readable_names,
    total_too_large,
    with_prefix,
)
from autograder.submissions.exports import owner_of_folder, owners_of
from autograder.submissions.file_kinds import (
    SKIPPED_FOLDERS,
    is_readable,
    is_relevant,
    is_zip,
    why_not_gradable,
)
from autograder.submissions.notebook_json import MAX_BYTES, UnreadableFile, too_large

SECOND_DOWNLOAD = re.compile(r" ?\(\d+\)$")  # what a browser adds to the name of a file it has already

SEVERAL_PEOPLE = (
    "holds files of several people, as a platform's export of the class does; grade it without other "
    "entries beside it: python -m autograder grade ITS_NAME"
)
NOBODYS = "bears no student's name, unlike the other files of this export"


def entries_of(uploads: list[Path]) -> Iterator[tuple[str, str, Iterator[SubmittedFile]]]:
    """Yield the students of an inbox, each with the name of the upload and their files.

    A class's export is accepted only where all that lies in the inbox is one: zips, or the files that a
    browser has unpacked. Otherwise a student could submit for others by naming files after them. What
    belongs to no student is yielded with an empty name.
    """
    files = [path for path in uploads if path.is_file() and not path.is_symlink()]
    owners_by_zip = {path: owners_of(readable_names(path)) for path in files if is_zip(path.name)}
    loose = [path for path in files if not is_zip(path.name)]
    owners_of_loose = owners_of([path.name for path in loose if is_relevant(path.name)])
    rest = set(uploads) - {path for path in loose if not is_readable(path.name)}
    if rest and all(owners_by_zip.get(path) or path.name in owners_of_loose for path in rest):
        yield from entries_of_exports(owners_by_zip, loose, owners_of_loose)
        return
    for upload in uploads:
        if len(set(owners_by_zip.get(upload, {}).values())) > 1:
            yield "", upload.name, iter([(upload.name, UnreadableFile(SEVERAL_PEOPLE))])
        elif upload.is_file() and (is_zip(upload.name) or why_not_gradable(upload.name)):
            yield SECOND_DOWNLOAD.sub("", upload.stem), upload.name, files_of(upload)
        else:
            yield owner_of_folder(upload.name), upload.name, files_of(upload)


def entries_of_exports(
    owners_by_zip: dict[Path, dict[str, str]], loose: list[Path], owners_of_loose: dict[str, str]
) -> Iterator[tuple[str, str, Iterator[SubmittedFile]]]:
    """Yield each student of a class's exports, with their files from all of them."""
    students = set(owners_of_loose.values()).union(*(own.values() for own in owners_by_zip.values()))
    for student in sorted(students):
        budget = ByteBudget()
        zips = [
            files_of_zip(path, path.name, budget, {name for name in owners if owners[name] == student})
            for path, owners in owners_by_zip.items()
            if student in owners.values()
        ]
        own = [path for path in loose if owners_of_loose.get(path.name) == student]
        yield student, student, chain(*zips, read_loose(own, budget))
    for path, owners in owners_by_zip.items():
        yield "", path.name, nobodys(set(readable_names(path)) - set(owners))
    yield "", "", nobodys({path.name for path in loose} - set(owners_of_loose))


def nobodys(names: set[str]) -> Iterator[SubmittedFile]:
    """Yield the files of an export that belong to no student."""
    yield from ((name, UnreadableFile(NOBODYS)) for name in sorted(names))


def read_loose(paths: list[Path], budget: ByteBudget) -> Iterator[SubmittedFile]:
    """Yield the files of one student that lie in the inbox itself."""
    for path in paths:
        if reason := why_not_gradable(path.name):
            yield path.name, OtherKind(reason)
        else:
            yield path.name, read_within(path, path.stat().st_size, budget)


def files_of(upload: Path) -> Iterator[SubmittedFile]:
    """Yield the relevant files of one student's upload."""
    if upload.is_symlink():
        yield upload.name, UnreadableFile("is a link, which is not followed")
    elif upload.is_dir():
        yield from files_of_folder(upload)
    elif upload.suffix.lower() == ".zip":
        yield from files_of_zip(upload, upload.name, ByteBudget())
    elif reason := why_not_gradable(upload.name):
        yield upload.name, OtherKind(reason)
    else:
        yield upload.name, UnreadableFile("lies loose; make one folder or zip for each student")


def files_of_folder(folder: Path) -> Iterator[SubmittedFile]:
    """Yield the relevant files of a folder and of the zips in it; links and pipes are not opened."""
    count, budget = 0, ByteBudget()
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
        count += len(names)
        if count > MAX_FILES:
            yield folder.name, UnreadableFile(f"holds more than {MAX_FILES} files")
            return
        for path in (Path(parent, name) for name in sorted(names) if is_relevant(name)):
            status, name = path.lstat(), path.relative_to(folder).as_posix()
            if not stat.S_ISREG(status.st_mode):
                yield name, UnreadableFile("is a link or no ordinary file")
            elif reason := why_not_gradable(name):
                yield name, OtherKind(reason)
            elif is_zip(name):
                yield from with_prefix(name, files_of_zip(path, name, budget))
            else:
                yield name, read_within(path, status.st_size, budget)


def read_within(path: Path, size: int, budget: ByteBudget) -> bytes | UnreadableFile:
    """Return the content of a file, or why it is not read."""
    if size > min(MAX_BYTES, budget.remaining):
        return too_large() if size > MAX_BYTES else total_too_large()
    budget.remaining -= size
    return path.read_bytes()
