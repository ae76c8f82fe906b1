"""Files that stages leave for each other: written atomically, identified by their content.

They are open to whom their folder is open: see workspace/access.py.
"""

import hashlib
import json
import os
import stat
from itertools import chain
from pathlib import Path
from typing import Any

LINKED = "{link} is a link, which is not followed; put a folder or a file in its place."


def make_folder(path: Path) -> None:
    """Create a folder, and those above it, open to the same people as the first that exists."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(exist_ok=True)
        path.chmod(stat.S_IMODE(path.parent.stat().st_mode))


def write_file(path: Path, content: bytes) -> None:
    """Write a file atomically, so that no reader sees half of it; create its folder.

    A link in its place, symbolic or hard, is replaced, and what it links to stays as it is.
    """
    make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.part")
    temporary.unlink(missing_ok=True)
    mode = stat.S_IMODE(path.parent.stat().st_mode) & 0o666
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
    os.replace(temporary, path)


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file atomically; create its folder."""
    write_file(path, json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n")


def link_in(folder: Path, top: Path) -> Path | None:
    """Return a symbolic link in a folder, or on the way to it from the folder `top`; None without one.

    Whoever follows it would read or write elsewhere. The folder need not exist.
    """
    way = (path for path in (folder, *folder.parents) if path.is_relative_to(top) and path != top)
    inside = (Path(at, name) for at, folders, files in os.walk(folder) for name in (*folders, *files))
    return next((path for path in chain(way, inside) if path.is_symlink()), None)


def read_json(path: Path) -> dict:
    """Read a JSON object; return an empty one if the file is missing or damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def fingerprint(*parts: bytes) -> str:
    """Return one SHA-256 fingerprint, in hex, of several contents; other boundaries give another one."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()
