"""What a submitted file is, by its name: something to read, a kind that cannot be graded, or rubbish."""

import re
from pathlib import PurePosixPath

from detrlab.checkpoint import NAME as MODEL

SKIPPED_FOLDERS = {".ipynb_checkpoints", "__MACOSX", "__pycache__", ".git", ".venv", "node_modules"}
# A mail program or a chat adds a second ending: 03_encoder.ipynb.txt.
NOTEBOOK = re.compile(r"\.ipynb(?:\.(?:txt|json|md|download|bin))?$", re.IGNORECASE)
ARCHIVE = re.compile(r"\.(?:rar|7z|tar|tgz|gz|bz2|xz|zipx)$", re.IGNORECASE)
PAGES = {".html": "a web page", ".htm": "a web page", ".mhtml": "a web page", ".pdf": "a PDF"}
TEXTS = {".py": "a Python script", ".docx": "a text document", ".odt": "a text document"}


def is_relevant(name: str) -> bool:
    """Say whether a file is read or named: it is none that the system or an editor put there."""
    return not is_rubbish(name) and (is_readable(name) or bool(why_not_gradable(name)))


def is_rubbish(name: str) -> bool:
    """Say whether a file lies in a folder of caches and backups, or is a Mac's copy of another one."""
    return any(part in SKIPPED_FOLDERS or part.startswith("._") for part in parts_of(name))


def is_readable(name: str) -> bool:
    """Say whether a file is a notebook, the trained model or a zip."""
    return bool(NOTEBOOK.search(name)) or is_model(name) or is_zip(name)


def is_zip(name: str) -> bool:
    """Say whether a file is a zip."""
    return name.lower().endswith(".zip")


def is_model(name: str) -> bool:
    """Say whether a file is the trained model."""
    return parts_of(name)[-1:] == (MODEL,)


def why_not_gradable(name: str) -> str:
    """Return why a file of this kind cannot be graded, continued from its name; empty of other files."""
    if ARCHIVE.search(name):
        return "is an archive that cannot be opened here; pack the notebooks as a zip"
    kind = (PAGES | TEXTS).get(PurePosixPath(name).suffix.lower())
    return f"is {kind}, which cannot be graded; hand in the notebook itself (.ipynb)" if kind else ""


def parts_of(name: str) -> tuple[str, ...]:
    """Return the folders and the file name, also of a path that was made on Windows."""
    return PurePosixPath(name.replace("\\", "/")).parts
