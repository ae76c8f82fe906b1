"""Read zips within limits, without unpacking them to disk or executing anything.

Notebooks and the trained model of step 9 are read, also in a zip within a zip. A file that is not read is
yielded with the reason.
"""

import io
import re
import stat
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path

from autograder.submissions.inbox.files import (
    MAX_FILES,
    ByteBudget,
    SubmittedFile,
    total_too_large,
    why_unread,
)
from autograder.submissions.inbox.kinds import (
    environments_of,
    is_readable,
    is_zip,
    parts_of,
    why_rubbish,
)
from autograder.submissions.notebook_json import MAX_BYTES, UnreadableFile, too_large

# What zipfile raises on a file that is no zip, or a damaged one.
ERRORS = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError)
DRIVE = re.compile(r"[A-Za-z]:")  # the folder that stands for a drive of Windows
NO_ZIP = "cannot be opened as a zip; it may have been cut off"


def files_of_zip(
    file: Path | io.BytesIO,
    path: str,
    budget: ByteBudget,
    wanted: Collection[str] | None = None,
    inner: bool = False,
) -> Iterator[SubmittedFile]:
    """Yield the files of a zip and of the zips in it, those that are not read with the reason.

    Args:
        file: the zip, as a path or as its bytes.
        path: its path in the inbox.
        budget: the bytes that this student's files may still take.
        wanted: the paths to yield, or those of zips with all that they hold; all by default.
        inner: whether the zip lies in a zip; no zips are read in it.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = members_of(archive)
            ignored = environments_of([member.filename for member in members])
            if not members:
                raise UnreadableFile("is a zip with nothing in it")
            if sum(is_candidate(member.filename, ignored) for member in members) > MAX_FILES:
                raise UnreadableFile(f"holds more than {MAX_FILES} files")
            for member in members:
                member_path = f"{path}/{member.filename}"
                if not is_wanted(member_path, wanted):
                    continue
                reason = why_unread(member.filename, ignored)
                content = reason or read_member(archive, member, budget)
                if isinstance(content, UnreadableFile) or not opens_as_zip(member.filename, content):
                    yield member_path, content
                elif inner:
                    yield member_path, UnreadableFile("is a zip in a zip in a zip; pack it once")
                else:
                    own = None if wanted is None or member_path in wanted else wanted
                    yield from files_of_zip(io.BytesIO(content), member_path, budget, own, inner=True)
    except UnreadableFile as error:
        yield path, error
    except ERRORS:
        yield path, UnreadableFile(NO_ZIP)


def members_of(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """List the files of a zip by name."""
    members = (member for member in archive.infolist() if not member.is_dir())
    return sorted(members, key=lambda member: member.filename)


def is_candidate(name: str, environments: Collection[str] = ()) -> bool:
    """Say whether a file is one that is read, if it can be.

    Args:
        name: its path in what was handed in.
        environments: the folders that are environments of Python.
    """
    return is_readable(name) and not why_rubbish(name, environments)


def opens_as_zip(name: str, content: bytes) -> bool:
    """Say whether a file is opened as a zip, by its name and how it begins.

    A browser may add .zip to the name of a file that is none: that is read as what it is.
    """
    return is_zip(name) and (content.startswith(b"PK") or not is_readable(name[:-4]))


def is_wanted(path: str, wanted: Collection[str] | None) -> bool:
    """Say whether a path, or something in it, is among the wanted ones."""
    if wanted is None or path in wanted:
        return True
    return is_zip(path) and any(other.startswith(f"{path}/") for other in wanted)


def read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: ByteBudget
) -> bytes | UnreadableFile:
    """Read one file of a zip; return the reason if it cannot be read."""
    limit = min(MAX_BYTES, budget.remaining)
    parts = parts_of(member.filename)
    if not parts or ".." in parts or parts[0].startswith("/") or DRIVE.fullmatch(parts[0]):
        return UnreadableFile("has a path that leads out of the zip")
    if stat.S_ISLNK(member.external_attr >> 16):
        return UnreadableFile("is a link")
    size_error = too_large() if limit == MAX_BYTES else total_too_large()
    if member.file_size > limit:
        return size_error
    try:
        with archive.open(member) as stream:
            content = stream.read(limit + 1)  # the size stated in the zip may be false
    except RuntimeError:
        return UnreadableFile("cannot be read from the zip: it has a password; pack it without one")
    except Exception as error:  # zipfile and zlib raise many kinds on damaged members
        return UnreadableFile(f"cannot be read from the zip ({type(error).__name__})")
    if len(content) > limit:
        return size_error
    budget.remaining -= len(content)
    return content


def names_in_zip(file: Path | io.BytesIO) -> list[str]:
    """List the files of a zip by their paths in it; a zip that cannot be opened has none."""
    try:
        with zipfile.ZipFile(file) as archive:
            return [member.filename for member in members_of(archive)]
    except ERRORS:
        return []


def names_in_inner_zips(file: Path) -> dict[str, list[str]]:
    """List the files of each zip in a zip by their paths in it; one that cannot be opened has none."""
    try:
        with zipfile.ZipFile(file) as archive:
            inner = [member for member in members_of(archive) if is_zip(member.filename)]
            contents = (
                (member.filename, read_member(archive, member, ByteBudget()))
                for member in inner
                if is_candidate(member.filename)
            )
            return {
                name: names_in_zip(io.BytesIO(content))
                for name, content in contents
                if isinstance(content, bytes)
            }
    except ERRORS:
        return {}
