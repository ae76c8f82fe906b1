"""Read zips within limits, without unpacking them to disk or executing anything.

Notebooks and the trained model of step 9 are read, also in a zip within a zip. A file that is not read is
yielded with the reason.
"""

import io
import re
import stat
import struct
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.submissions.inbox.files import ByteBudget, SubmittedFile, total_too_large, why_unread
from autograder.submissions.inbox.kinds import (
    environments_of,
    is_readable,
    is_zip,
    parts_of,
    why_rubbish,
)
from autograder.submissions.limits import (
    LONGEST_NAME,
    LONGEST_PATH,
    MAX_DIRECTORY_BYTES,
    MAX_FILE_BYTES,
    MAX_NAMES,
    MAX_UPLOAD_FILES,
    MAX_UPLOAD_NAMES,
    PACKED_AGAIN,
)
from autograder.submissions.notebook_json import UnreadableFile, too_large

# What zipfile raises on a file that is no zip, or a damaged one.
ERRORS = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError)
DRIVE = re.compile(r"[A-Za-z]:")  # the folder that stands for a drive of Windows
# How an entry of a zip's directory begins: 46 bytes, at 28 the lengths of name, extra field and comment.
ENTRY, ENTRY_BYTES, LENGTHS_AT = b"PK\1\2", 46, 28
TOO_MANY = f"holds more than {MAX_NAMES:,} files"
TOO_LONG = "holds a file with a longer name than a disk allows; pack it again"
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
        with open_zip(file) as archive:
            members = members_of(archive)
            ignored = environments_of([member.filename for member in members])
            if not members:
                raise UnreadableFile("is a zip with nothing in it")
            if sum(is_candidate(member.filename, ignored) for member in members) > MAX_UPLOAD_FILES:
                raise UnreadableFile(f"holds more than {MAX_UPLOAD_FILES} files")
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


class GuardedFile(io.BufferedReader):
    """The file of a zip, of which the directory is checked when `zipfile` reads it.

    That is done at once, and each entry becomes an object: both take memory before anything can be asked.
    """

    is_open = False

    def read(self, size: int | None = -1) -> bytes:
        """Read as a file does.

        Raises:
            UnreadableFile: if it is the directory, and above a limit.
        """
        if self.is_open:
            return super().read(size)
        most = MAX_DIRECTORY_BYTES + 1
        data = super().read(most if size is None or size < 0 else min(size, most))
        if len(data) > MAX_DIRECTORY_BYTES:
            raise UnreadableFile(TOO_MANY)
        check_directory(data)
        return data


def check_directory(data: bytes) -> None:
    """Raise UnreadableFile if a zip's directory has too many entries, or one that is too long."""
    number = place = 0
    while data.startswith(ENTRY, place) and place + ENTRY_BYTES <= len(data):
        name, extra, comment = struct.unpack_from("<3H", data, place + LENGTHS_AT)
        begin = place + ENTRY_BYTES
        parts = data[begin : begin + name].replace(b"\\", b"/").split(b"/")
        number += 1
        if number > MAX_NAMES:
            raise UnreadableFile(TOO_MANY)
        is_long = any(len(part.decode("utf-8", "replace")) > LONGEST_NAME for part in parts)
        if is_long or max(name, extra) > LONGEST_PATH:
            raise UnreadableFile(TOO_LONG)
        place += ENTRY_BYTES + name + extra + comment


@contextmanager
def open_zip(file: Path | io.BytesIO) -> Iterator[zipfile.ZipFile]:
    """Open a zip whose directory is within limits.

    Raises:
        UnreadableFile: if it is not.
        OSError, zipfile.BadZipFile: if it cannot be opened.
    """
    raw = io.FileIO(file) if isinstance(file, Path) else file
    with GuardedFile(raw) as guarded, zipfile.ZipFile(guarded) as archive:  # type: ignore[arg-type]
        guarded.is_open = True
        yield archive


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
    limit = min(MAX_FILE_BYTES, budget.remaining)
    parts = parts_of(member.filename)
    if not parts or ".." in parts or parts[0].startswith("/") or DRIVE.fullmatch(parts[0]):
        return UnreadableFile("has a path that leads out of the zip")
    if stat.S_ISLNK(member.external_attr >> 16):
        return UnreadableFile("is a link")
    size_error = too_large() if limit == MAX_FILE_BYTES else total_too_large()
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
        with open_zip(file) as archive:
            return [member.filename for member in members_of(archive)]
    except (UnreadableFile, *ERRORS):
        return []


def names_in_inner_zips(file: Path) -> dict[str, list[str]]:
    """List the files of each zip in a zip by their paths in it, as far as there are not too many.

    One that cannot be opened has none.
    """
    names: dict[str, list[str]] = {}
    remaining = MAX_UPLOAD_NAMES
    try:
        budget = ByteBudget()
        budget.remaining += PACKED_AGAIN * file.stat().st_size  # it may be a whole class's
        with open_zip(file) as archive:
            for member in members_of(archive):
                if is_zip(member.filename) and is_candidate(member.filename):
                    content = read_member(archive, member, budget)
                    if isinstance(content, bytes):
                        names[member.filename] = names_in_zip(io.BytesIO(content))[:remaining]
                        remaining -= len(names[member.filename])
    except (UnreadableFile, *ERRORS):
        return {}
    return names
