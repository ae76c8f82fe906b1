"""Find what somebody handed in, in a folder or a zip: bounded, nothing unpacked, nothing executed.

Taken are notebooks and the trained model of step 9, also out of zips in it. What cannot be had is yielded
as an Unreadable, with the reason.
"""

import io
import os
import re
import stat
import zipfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath

from autograder.submissions.notebook_file import MAX_BYTES, TOO_LARGE, Unreadable
from detrlab.checkpoint import NAME as MODEL

MAX_TOTAL = 200_000_000  # of all files of one student together
MAX_FILES = 5_000  # looked at in one entry
# As exported: Ada Lovelace_123_assignsubmission_file/00.ipynb, or ..._file_00.ipynb where there are no
# folders; lovelaceada_LATE_45_678_00.ipynb.
MOODLE = re.compile(r"(?P<student>[^/]+_\d+)_assignsubmission_[a-z]+(?:_?/|_).")
CANVAS = re.compile(r"(?P<student>[^_/]+)_(?:LATE_)?(?P<number>\d+)_\d+_[^/]+$")
SKIPPED_FOLDERS = {".ipynb_checkpoints", "__MACOSX", "__pycache__", ".git", ".venv", "node_modules"}
Found = tuple[str, bytes | Unreadable]
NO_ROOM = Unreadable(f"and the files before it are larger than {MAX_TOTAL // 1_000_000} MB together")


class Room:
    """How many bytes one student's files may still take."""

    def __init__(self) -> None:
        self.left = MAX_TOTAL


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
                yield student, files_of_zip(entry, entry.name, Room(), own)
            return
        yield entry.stem, files_of(entry)
    else:
        folder = MOODLE.match(f"{entry.name}/x")
        yield (folder["student"] if folder else entry.name), files_of(entry)


def names_in(path: Path) -> list[str]:
    """List what counts in a zip; nothing where it cannot be opened."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []
    return [member.filename for member in members if is_wanted(member.filename)]


def owners_of(names: list[str]) -> dict[str, str]:
    """Return each file's student where the names are those of a platform's export; else nothing."""
    for pattern in (MOODLE, CANVAS):
        matches = {name: match for name in names if (match := pattern.match(name))}
        found = {name: "_".join(match.groups()) for name, match in matches.items()}
        if found and len(found) == len(names):
            return found
    return {}


def files_of(entry: Path) -> Iterator[Found]:
    """Yield the files of an entry that count, with content or with the reason why it cannot be had."""
    if entry.is_symlink():
        yield entry.name, Unreadable("is a link, which is not followed")
    elif entry.is_dir():
        yield from files_of_folder(entry)
    elif entry.suffix.lower() == ".zip":
        yield from files_of_zip(entry, entry.name, Room())
    else:
        yield entry.name, Unreadable("lies loose; make one folder or zip for each student")


def files_of_folder(folder: Path) -> Iterator[Found]:
    """Yield a folder's files and those of zips in it; links are not followed, pipes not opened."""
    seen, room = 0, Room()
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
        seen += len(names)
        if seen > MAX_FILES:
            yield folder.name, Unreadable(f"holds more than {MAX_FILES} files")
            return
        for path in (Path(place, name) for name in sorted(names) if is_wanted(name)):
            state, name = path.lstat(), path.relative_to(folder).as_posix()
            if not stat.S_ISREG(state.st_mode):
                yield name, Unreadable("is a link or no ordinary file")
            elif is_zip(name):
                yield from inside(name, files_of_zip(path, name, room))
            elif state.st_size > min(MAX_BYTES, room.left):
                yield name, TOO_LARGE if state.st_size > MAX_BYTES else NO_ROOM
            else:
                room.left -= state.st_size
                yield name, path.read_bytes()


def files_of_zip(
    file: Path | io.BytesIO,
    name: str,
    room: Room,
    wanted: Collection[str] = (),
    inner: bool = False,
) -> Iterator[Found]:
    """Yield a zip's files and those of zips in it, and no more of them than the limits allow.

    `wanted` names the members that count, where not all do.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = [m for m in archive.infolist() if not wanted or m.filename in wanted]
            if len(members) > MAX_FILES:
                raise Unreadable(f"holds more than {MAX_FILES} files")
            for member in sorted(members, key=lambda member: member.filename):
                if not is_wanted(member.filename) or member.is_dir():
                    continue
                content = read_member(archive, member, room)
                if isinstance(content, Unreadable) or not is_zip(member.filename):
                    yield member.filename, content
                elif inner:
                    yield member.filename, Unreadable("is a zip in a zip in a zip; pack it once")
                else:
                    packed = files_of_zip(io.BytesIO(content), member.filename, room, inner=True)
                    yield from inside(member.filename, packed)
    except Unreadable as error:
        yield name, error
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        yield name, Unreadable("cannot be opened as a zip; it may have been cut off")


def inside(name: str, found: Iterable[Found]) -> Iterator[Found]:
    """Yield the files of a zip under names that say where it lies."""
    for inner, content in found:
        yield (inner if inner == name else f"{name}/{inner}"), content


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, room: Room) -> bytes | Unreadable:
    """Read one file of a zip, or say why not."""
    limit = min(MAX_BYTES, room.left)
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    if ".." in parts or parts[0].startswith("/") or ":" in parts[0]:
        return Unreadable("has a path that leads out of the zip")
    if stat.S_ISLNK(member.external_attr >> 16):
        return Unreadable("is a link")
    too_much = TOO_LARGE if limit == MAX_BYTES else NO_ROOM
    if member.file_size > limit:
        return too_much
    try:
        with archive.open(member) as stream:
            content = stream.read(limit + 1)  # the size that the zip states may be a lie
    except Exception as error:  # zipfile and zlib raise many kinds on damaged or locked members
        return Unreadable(f"cannot be read from the zip ({type(error).__name__})")
    if len(content) > limit:
        return too_much
    room.left -= len(content)
    return content


def is_wanted(name: str) -> bool:
    """Say whether a file counts: a notebook, the trained model or a zip; no backup, no system file."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    hidden = any(part in SKIPPED_FOLDERS or part.startswith("._") for part in parts)
    return (name.lower().endswith(".ipynb") or is_model(name) or is_zip(name)) and not hidden


def is_zip(name: str) -> bool:
    """Say whether a file is a zip, by its name."""
    return name.lower().endswith(".zip")


def is_model(name: str) -> bool:
    """Say whether a file is the trained model, by its name."""
    return PurePosixPath(name.replace("\\", "/")).name == MODEL
