"""Read what somebody handed in, a folder or a zip: strictly, bounded, nothing unpacked.

Taken are notebooks and the trained model of step 9.

Notebooks are strict JSON of nbformat 4. What cannot be had raises Unreadable, or is yielded as one, with
a reason in plain words that can be passed on to its owner. Nothing is executed.
"""

import json
import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from detrlab.checkpoint import NAME as MODEL

MAX_BYTES = 32_000_000  # of one notebook
MAX_TOTAL = 200_000_000  # of one zip's notebooks
MAX_FILES = 5_000  # looked at in one entry
MAX_CELLS = 2_000
MAX_DEPTH = 40
SKIPPED_FOLDERS = {".ipynb_checkpoints", "__MACOSX", "__pycache__", ".git", ".venv", "node_modules"}


class Unreadable(ValueError):
    """A file that cannot be taken; the message says why and reads on from the file's name."""


Found = tuple[str, bytes | Unreadable]
TOO_LARGE = Unreadable(
    f"is larger than {MAX_BYTES // 1_000_000} MB; clear the largest outputs and save it again"
)


def parse_notebook(data: bytes) -> dict[str, Any]:
    """Return a notebook's content. Raises Unreadable."""
    if len(data) > MAX_BYTES:
        raise TOO_LARGE
    if not data.strip():
        raise Unreadable("is empty")
    try:
        content = json.loads(data.decode("utf-8-sig"), parse_constant=refuse_constant)
    except Unreadable:
        raise
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8 text, so it is not a notebook as Jupyter saves it") from None
    except json.JSONDecodeError as error:
        raise Unreadable(explain(error)) from None
    except RecursionError:
        raise Unreadable("is nested too deeply to be a notebook") from None
    except ValueError:  # Python's own limit: digits of a whole number
        raise Unreadable("holds a number that is longer than any notebook needs") from None
    check_depth(content)
    check_shape(content)
    return content


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which JSON does not have."""
    raise Unreadable(f"holds the number {name}, which no notebook may hold")


def explain(error: json.JSONDecodeError) -> str:
    """Say what is wrong with a file that is not JSON."""
    if "<<<<<<<" in error.doc and ">>>>>>>" in error.doc:
        return "holds the marks of a git conflict; choose one version and save it again"
    if not error.doc[error.pos :].strip() or error.msg.startswith("Unterminated string"):
        return "ends in the middle: the file was cut off when it was saved or sent"
    return f"is damaged at line {error.lineno}, so it cannot be read as a notebook"


def check_depth(content: Any) -> None:
    """Refuse what is nested more deeply than any notebook: later readers may recurse."""
    level = [content]
    for _ in range(MAX_DEPTH):
        inner = (value.values() if isinstance(value, dict) else value for value in level)
        level = [item for values in inner for item in values if isinstance(item, dict | list)]
        if not level:
            return
    raise Unreadable("is nested too deeply to be a notebook")


def check_shape(content: Any) -> None:
    """Refuse what is JSON but not a notebook of format 4."""
    if not isinstance(content, dict) or "nbformat" not in content:
        raise Unreadable("is not a notebook")
    if content["nbformat"] != 4:
        raise Unreadable(
            f"is saved in notebook format {content['nbformat']!r:.20}, the course uses format 4; "
            "open it in JupyterLab and save it again"
        )
    cells = content.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise Unreadable("has no list of cells, so it is not a notebook as Jupyter saves it")
    if not 0 < len(cells) <= MAX_CELLS:
        raise Unreadable("has no cells" if not cells else f"has more than {MAX_CELLS} cells")


def files_of(entry: Path) -> Iterator[Found]:
    """Yield the files of an entry that count, with content or with the reason why it cannot be had."""
    if entry.is_symlink():
        yield entry.name, Unreadable("is a link, which is not followed")
    elif entry.is_dir():
        yield from files_of_folder(entry)
    elif entry.suffix.lower() == ".zip":
        yield from files_of_zip(entry)
    else:
        yield entry.name, Unreadable("lies loose; make one folder or zip for each student")


def files_of_folder(folder: Path) -> Iterator[Found]:
    """Yield a folder's notebooks; links are not followed, pipes and devices not opened."""
    seen = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
        seen += len(names)
        if seen > MAX_FILES:
            yield folder.name, Unreadable(f"holds more than {MAX_FILES} files")
            return
        for path in (Path(place, name) for name in sorted(names) if is_wanted(name)):
            state = path.lstat()
            content: bytes | Unreadable = TOO_LARGE
            if not stat.S_ISREG(state.st_mode):
                content = Unreadable("is a link or no ordinary file")
            elif state.st_size <= MAX_BYTES:
                content = path.read_bytes()
            yield path.relative_to(folder).as_posix(), content


def files_of_zip(path: Path) -> Iterator[Found]:
    """Yield a zip's notebooks, and no more of them than the limits allow."""
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MAX_FILES:
                raise Unreadable(f"holds more than {MAX_FILES} files")
            for member in sorted(members, key=lambda member: member.filename):
                if is_wanted(member.filename) and not member.is_dir():
                    content = read_member(archive, member, min(MAX_BYTES, MAX_TOTAL - total))
                    total += 0 if isinstance(content, Unreadable) else len(content)
                    yield member.filename, content
    except Unreadable as error:
        yield path.name, error
    except (zipfile.BadZipFile, OSError, ValueError):
        yield path.name, Unreadable("cannot be opened as a zip; it may have been cut off")


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int) -> bytes | Unreadable:
    """Read one file of a zip, or say why not."""
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    if ".." in parts or parts[0].startswith("/") or ":" in parts[0]:
        return Unreadable("has a path that leads out of the zip")
    if stat.S_ISLNK(member.external_attr >> 16):
        return Unreadable("is a link")
    if member.file_size > limit:
        return TOO_LARGE
    try:
        with archive.open(member) as stream:
            content = stream.read(limit + 1)  # the size that the zip states may be a lie
    except Exception as error:  # zipfile and zlib raise many kinds on damaged or locked members
        return Unreadable(f"cannot be read from the zip ({type(error).__name__})")
    return content if len(content) <= limit else TOO_LARGE


def is_wanted(name: str) -> bool:
    """Say whether a file counts: a notebook or the trained model, no backup, no system file."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    hidden = any(part in SKIPPED_FOLDERS or part.startswith("._") for part in parts)
    return (name.lower().endswith(".ipynb") or is_model(name)) and not hidden


def is_model(name: str) -> bool:
    """Say whether a file is the trained model, by its name."""
    return PurePosixPath(name.replace("\\", "/")).name == MODEL
