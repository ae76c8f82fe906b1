"""Find submissions in an inbox: the student of each upload, and the relevant files in it.

An upload is the folder or zip of one student, or a platform's export of the class. Nothing is executed. A
file that cannot be read is yielded as an UnreadableFile with the reason.
"""

import os
import re
import stat
from collections.abc import Iterator
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
from autograder.submissions.file_kinds import SKIPPED_FOLDERS, is_relevant, is_zip, why_not_gradable
from autograder.submissions.notebook_json import MAX_BYTES, UnreadableFile, too_large

SECOND_DOWNLOAD = re.compile(r" ?\(\d+\)$")  # what a browser adds to the name of a file it has already


def students_of(upload: Path, is_alone: bool) -> Iterator[tuple[str, Iterator[SubmittedFile]]]:
    """Yield the students of an upload, each with their files.

    A class's export is accepted only as a zip that `is_alone` in the inbox; otherwise a student could
    submit for others by naming files after them.
    """
    if upload.is_file() and not upload.is_symlink() and upload.suffix.lower() == ".zip":
        owners = owners_of(readable_names(upload)) if is_alone else {}
        if owners:
            for student in sorted(set(owners.values())):
                names = {name for name, owner in owners.items() if owner == student}
                yield student, files_of_zip(upload, upload.name, ByteBudget(), names)
            return
        yield SECOND_DOWNLOAD.sub("", upload.stem), files_of(upload)
    elif upload.is_file() and why_not_gradable(upload.name):
        yield SECOND_DOWNLOAD.sub("", upload.stem), files_of(upload)
    else:
        yield owner_of_folder(upload.name), files_of(upload)


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
            elif status.st_size > min(MAX_BYTES, budget.remaining):
                yield name, too_large() if status.st_size > MAX_BYTES else total_too_large()
            else:
                budget.remaining -= status.st_size
                yield name, path.read_bytes()
