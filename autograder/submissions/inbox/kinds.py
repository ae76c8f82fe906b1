"""What a submitted file is, by its name: something to read, a kind that is not graded, or no concern."""

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePosixPath

from autograder.authoring.sources import all_steps
from detrlab.checkpoint import NAME as MODEL

# Folders that a program made for itself, in lower case: caches, backups, environments.
SKIPPED_FOLDERS = {
    *("__macosx", "__pycache__", "node_modules", "site-packages", "dist-packages", "conda-meta"),
    *("$recycle.bin", "system volume information"),
}
ENVIRONMENT = "pyvenv.cfg"  # lies at the top of every Python environment, whatever its name
SYSTEM_FILE = re.compile(
    r"\._.*|~\$.*|thumbs\.db|desktop\.ini|icon\r|timestamp\.txt"
    r"|(?!.*\.(?:ipynb|icloud))(?:\..*|.*\.(?:pyc|swp|tmp|lock|log|bak)|.*~)",
    re.IGNORECASE,
)
STEPS = "|".join(all_steps())
# A mail program, a chat or a browser adds a second ending: 03_encoder.ipynb.txt. It may also replace
# the first one, 03_encoder.json, or leave none.
NOTEBOOK = re.compile(r"\.ipynb(?:\.\w+|~)?$", re.IGNORECASE)
OTHER_ENDING = re.compile(r"\.(?:json|txt)$", re.IGNORECASE)
# A browser, a file manager or a chat numbers a second file of a name.
# A platform puts the student before it.
TRAINED_MODEL = re.compile(r"\.safetensors(?:\.\w+)?$", re.IGNORECASE)
ARCHIVE = re.compile(r"\.(?:rar|7z|tar|tgz|gz|bz2|xz|zst|zipx|cab|iso|dmg)$", re.IGNORECASE)
UNFINISHED = re.compile(r"\.(?:crdownload|part|partial|opdownload)$", re.IGNORECASE)
CLOUDS = {
    ".icloud": "iCloud",
    ".gdoc": "Google Drive",
    ".gsheet": "Google Drive",
    ".gslides": "Google Drive",
    ".gcolab": "Google Colab",
    ".url": "a web address",
    ".webloc": "a web address",
    ".website": "a web address",
    ".desktop": "a shortcut",
    ".lnk": "a shortcut",
}
GRADED = "hand in the notebook itself (.ipynb)"
PAGES = dict.fromkeys((".html", ".htm", ".mhtml", ".xhtml", ".webarchive"), "a web page")
TEXTS = dict.fromkeys((".docx", ".doc", ".odt", ".rtf", ".pages", ".md", ".tex"), "a text document")
OTHERS = {".pdf": "a PDF", ".py": "a Python script", ".rmd": "R Markdown", ".qmd": "a Quarto document"}
WEIGHTS = {".safetensors", ".pt", ".pth", ".ckpt", ".pkl"}


def parts_of(name: str) -> tuple[str, ...]:
    """Return the folders and the file name, also of a path that was made on Windows."""
    return PurePosixPath(name.replace("\\", "/")).parts


def why_rubbish(name: str, environments: Collection[str] = ()) -> str:
    """Return why a file is no work of its owner, continued from its name; empty if it may be.

    Args:
        name: its path in what was handed in.
        environments: the folders that are environments of Python.
    """
    *folders, file = parts_of(name) or ("",)
    kept = next((folder for folder in folders if is_skipped_folder(folder)), "")
    kept = kept or next((top for top in parents_of(name) if top in environments), "")
    if kept:
        return f"lies in {kept}, a folder that a program keeps for itself"
    return "is a file that a program keeps for itself" if SYSTEM_FILE.fullmatch(file) else ""


def parents_of(name: str) -> Iterator[str]:
    """Yield the folders that a file lies in, by their paths, the top one first."""
    return (name[:place] for place, letter in enumerate(name) if letter == "/")


def environments_of(names: Iterable[str]) -> set[str]:
    """Return which folders are environments of Python, whatever their names."""
    tops = (name.rpartition("/") for name in names)
    return {folder for folder, _, file in tops if folder and file == ENVIRONMENT}


def is_skipped_folder(folder: str) -> bool:
    """Say whether a folder is one of caches, backups and the like: those of programs, and hidden ones."""
    return folder.lower() in SKIPPED_FOLDERS or (folder.startswith(".") and folder.strip(".") != "")


def is_readable(name: str) -> bool:
    """Say whether a file is a notebook, the trained model or a zip."""
    if why_not_gradable(name) or not parts_of(name):
        return False
    return is_notebook(parts_of(name)[-1]) or is_model(name) or is_zip(name)


def is_notebook(file: str) -> bool:
    """Say whether a file's name is that of a notebook."""
    *_, last = OTHER_ENDING.sub("", file).split(".")
    return bool(NOTEBOOK.search(file)) or names_a_step(last)


def is_zip(name: str) -> bool:
    """Say whether a file is a zip."""
    return name.lower().endswith(".zip")


def is_model(name: str) -> bool:
    """Say whether a file is the trained model, under its own name or the one of a second download."""
    file = parts_of(name)[-1] if parts_of(name) else ""
    ending = TRAINED_MODEL.search(file)
    return ending is not None and PurePosixPath(MODEL).stem in file[: ending.start()].lower()


def names_a_step(name: str) -> bool:
    """Say whether a file's name contains that of a step."""
    return bool(parts_of(name)) and re.search(STEPS, parts_of(name)[-1], re.IGNORECASE) is not None


def is_archive(name: str) -> bool:
    """Say whether a file is an archive of a kind that is not opened."""
    return bool(ARCHIVE.search(name))


def why_not_gradable(name: str) -> str:
    """Return why a file of this kind cannot be graded, continued from its name; empty of other files."""
    ending = PurePosixPath(name).suffix.lower()
    if ending in CLOUDS:
        return (
            f"stands for a file that lies elsewhere ({CLOUDS[ending]}); download the file itself and "
            "hand in that one"
        )
    if UNFINISHED.search(name):
        return "is a download that has not ended; download it again and hand in the whole file"
    if is_archive(name):
        return "is an archive that cannot be opened here; pack the notebooks as a zip"
    if kind := (PAGES | TEXTS | OTHERS).get(ending):
        is_notebook = name.lower().endswith(".ipynb.md")
        return "" if is_notebook else f"is {kind}, which cannot be graded; {GRADED}"
    if ending in WEIGHTS and not is_model(name):
        return f"is no {MODEL}, under which name alone a trained model is graded; save_detr writes it"
    return ""
