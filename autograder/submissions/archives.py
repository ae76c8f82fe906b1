"""Read zips that students pack: bounded, nothing unpacked, nothing executed.

Taken are notebooks and the trained model of step 9, also out of zips in a zip. What cannot be had is
yielded as an UnreadableFile, with the reason.
"""

import io
import stat
import zipfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath

from autograder.submissions.notebook_json import MAX_BYTES, UnreadableFile, too_large
from detrlab.checkpoint import NAME as MODEL

MAX_TOTAL = 200_000_000  # of all files of one student together
MAX_FILES = 5_000  # looked at in one entry
SKIPPED_FOLDERS = {".ipynb_checkpoints", "__MACOSX", "__pycache__", ".git", ".venv", "node_modules"}
Found = tuple[str, bytes | UnreadableFile]


class ByteBudget:
    """How many bytes one student's files may still take."""

    def __init__(self) -> None:
        self.left = MAX_TOTAL


def no_room() -> UnreadableFile:
    """Return why a file is not read any more."""
    return UnreadableFile(f"and the files before it are larger than {MAX_TOTAL // 1_000_000} MB together")


def files_of_zip(
    file: Path | io.BytesIO,
    name: str,
    budget: ByteBudget,
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
                raise UnreadableFile(f"holds more than {MAX_FILES} files")
            for member in sorted(members, key=lambda member: member.filename):
                if not is_wanted(member.filename) or member.is_dir():
                    continue
                content = read_member(archive, member, budget)
                if isinstance(content, UnreadableFile) or not is_zip(member.filename):
                    yield member.filename, content
                elif inner:
                    yield member.filename, UnreadableFile("is a zip in a zip in a zip; pack it once")
                else:
                    packed = files_of_zip(io.BytesIO(content), member.filename, budget, inner=True)
                    yield from inside(member.filename, packed)
    except UnreadableFile as error:
        yield name, error
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        yield name, UnreadableFile("cannot be opened as a zip; it may have been cut off")


def inside(name: str, found: Iterable[Found]) -> Iterator[Found]:
    """Yield the files of a zip under names that say where it lies."""
    for inner, content in found:
        yield (inner if inner == name else f"{name}/{inner}"), content


def read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: ByteBudget
) -> bytes | UnreadableFile:
    """Read one file of a zip, or say why not."""
    limit = min(MAX_BYTES, budget.left)
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    if ".." in parts or parts[0].startswith("/") or ":" in parts[0]:
        return UnreadableFile("has a path that leads out of the zip")
    if stat.S_ISLNK(member.external_attr >> 16):
        return UnreadableFile("is a link")
    too_much = too_large() if limit == MAX_BYTES else no_room()
    if member.file_size > limit:
        return too_much
    try:
        with archive.open(member) as stream:
            content = stream.read(limit + 1)  # the size that the zip states may be a lie
    except Exception as error:  # zipfile and zlib raise many kinds on damaged or locked members
        return UnreadableFile(f"cannot be read from the zip ({type(error).__name__})")
    if len(content) > limit:
        return too_much
    budget.left -= len(content)
    return content


def names_in(path: Path) -> list[str]:
    """List what counts in a zip; nothing where it cannot be opened."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []
    return [member.filename for member in members if is_wanted(member.filename)]


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
