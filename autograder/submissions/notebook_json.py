"""Read a notebook file strictly: JSON of nbformat 4, within limits, without executing anything.

A file that cannot be read raises UnreadableFile; the message is passed on to the student.
"""

import codecs
import json
import re
from collections.abc import Mapping
from typing import Any

from autograder.submissions.limits import (
    LONGEST_CODE,
    LONGEST_TEXT,
    MAX_CELLS,
    MAX_CODE,
    MAX_CONTAINERS,
    MAX_DEPTH,
    MAX_FILE_BYTES,
    MAX_TEXT,
    MAX_VALUES,
)
from autograder.submissions.outputs import as_dict, as_text
from detrlab.cells.cell import STUB

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What takes memory when JSON is read: strings, lists, objects, and the separators of their items.
TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[{,]', re.DOTALL)
# Stand in the place of what was not read; a note is never left out itself.
LEFT_OUT = "# This cell was left out: it has {:,} characters; a cell may have {:,}, all together {:,}."
CUT_OFF = "**(Cut off: this cell has {:,} characters; a cell may have {:,}, all together {:,}.)**"
LONGEST_NOTE = 200
VERSION = re.compile(r"\d{1,3}\.\d{1,3}[\w.+]{0,20}")
# How files of other kinds begin, and what they are: browsers and mail programs name them .ipynb, too.
OTHER_KINDS = {
    b"<": "a web page (HTML), not the notebook: download the notebook itself, with File > Download",
    b"%PDF": "a PDF: hand in the notebook that it was made from",
    b"PK\x03\x04": "a zip under another name: give it the ending .zip",
    b"Rar!": "a RAR archive under another name: pack the notebooks as a zip",
    b"7z\xbc\xaf": "a 7z archive under another name: pack the notebooks as a zip",
    b"\x1f\x8b": "a gzip archive under another name: pack the notebooks as a zip",
    b"[InternetShortcut]": "a shortcut to a web address: download the notebook itself",
    b"L\x00\x00\x00\x01\x14\x02": "a shortcut to a file: hand in the file itself",
    b"book\x00\x00\x00\x00mark": "an alias of a file: hand in the file itself",
    b"SQLite format": "a database, not the notebook",
    b"{\\rtf": "a text document (RTF), not the notebook as Jupyter saves it",
}


class UnreadableFile(ValueError):
    """A file that cannot be accepted; the message gives the reason and continues from the file's name."""


def too_large() -> UnreadableFile:
    """Return the error for a file above the limit; a new one each time, as raised errors keep frames."""
    return UnreadableFile(
        f"is larger than {MAX_FILE_BYTES // 1_000_000} MB; clear the largest outputs and save it again"
    )


def parse_notebook(data: bytes) -> dict[str, Any]:
    """Return the content of a notebook file; of cells that are too long, what `bound_cells` leaves.

    Raises:
        UnreadableFile: if it is no notebook of format 4, or exceeds a limit.
    """
    if len(data) > MAX_FILE_BYTES:
        raise too_large()
    check_no_stand_in(data)
    for start, kind in OTHER_KINDS.items():
        if beginning(data).startswith(start):
            raise UnreadableFile(f"is {kind}")
    try:
        text = data.decode("utf-16" if data.startswith(UTF_16) else "utf-8-sig")
        check_number_of_values(text)
        # NaN and Infinity, which some programs write in outputs, are no JSON: they are left out.
        content = json.loads(text, parse_constant=lambda name: None)
    except UnreadableFile:  # a ValueError, too
        raise
    except UnicodeDecodeError:
        raise UnreadableFile("is not UTF-8 text, so it is not a notebook as Jupyter saves it") from None
    except json.JSONDecodeError as error:
        raise UnreadableFile(explain(error)) from None
    except RecursionError:
        raise UnreadableFile("is nested too deeply to be a notebook") from None
    except ValueError:  # Python limits the digits of an integer
        raise UnreadableFile("holds a number that is longer than any notebook needs") from None
    check_depth(content)
    check_shape(content)
    bound_cells(content)
    return content


def check_no_stand_in(data: bytes) -> None:
    """Raise UnreadableFile for what stands for a file in a cloud: it holds nothing, or a pointer."""
    if not data.strip(b"\0 \t\r\n"):
        raise UnreadableFile(
            "is empty; where a cloud keeps the file, open it there first and hand in what it downloads"
        )
    if data.startswith((b"version https://git-lfs", b"/annex/objects", b"../.git/annex")):
        raise UnreadableFile("is a pointer of Git, not the file: hand in what `git lfs pull` downloads")


def beginning(data: bytes) -> bytes:
    """Return the first bytes of a file behind blanks and the mark of its encoding."""
    return data[:1000].removeprefix(codecs.BOM_UTF8).lstrip()


def explain(error: json.JSONDecodeError) -> str:
    """Return what is wrong with a file that is not JSON."""
    if "<<<<<<<" in error.doc and ">>>>>>>" in error.doc:
        return "holds the marks of a git conflict; choose one version and save it again"
    if not error.doc[error.pos :].strip() or error.msg.startswith("Unterminated string"):
        return "ends in the middle: the file was cut off when it was saved or sent"
    return f"is damaged at line {error.lineno}, so it cannot be read as a notebook"


def check_number_of_values(text: str) -> None:
    """Raise UnreadableFile if JSON holds too many values; strings may be long, and are skipped."""
    containers = 0
    for number, token in enumerate(TOKEN.finditer(text)):
        containers += text[token.start()] in "[{"
        if number >= MAX_VALUES or containers > MAX_CONTAINERS:
            raise UnreadableFile(
                "holds more values than any notebook needs; clear the largest outputs and save it again"
            )


def check_depth(content: Any) -> None:
    """Raise UnreadableFile above MAX_DEPTH: later readers may be recursive."""
    level = [content]
    for _ in range(MAX_DEPTH):
        children = (value.values() if isinstance(value, dict) else value for value in level)
        level = [item for values in children for item in values if isinstance(item, dict | list)]
        if not level:
            return
    raise UnreadableFile("is nested too deeply to be a notebook")


def check_shape(content: Any) -> None:
    """Raise UnreadableFile if JSON is not a notebook of format 4."""
    if not isinstance(content, dict) or "nbformat" not in content:
        raise UnreadableFile("is not a notebook")
    if content["nbformat"] != 4:
        raise UnreadableFile(
            f"is saved in notebook format {content['nbformat']!r:.20}, the course uses format 4; "
            "open it in JupyterLab and save it again"
        )
    cells = content.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise UnreadableFile("has no list of cells, so it is not a notebook as Jupyter saves it")
    if not 0 < len(cells) <= MAX_CELLS:
        raise UnreadableFile("has no cells" if not cells else f"has more than {MAX_CELLS} cells")


def bound_cells(notebook: dict[str, Any]) -> None:
    """Leave out code cells, and cut off texts, that are longer than can be read; a note says so.

    What is done with a cell later on takes time and memory by its length.
    """
    longest = {"code": (LONGEST_CODE, MAX_CODE), "markdown": (LONGEST_TEXT, MAX_TEXT)}
    remaining = {kind: most for kind, (_, most) in longest.items()}
    for cell in notebook["cells"]:
        kind = "code" if cell.get("cell_type") == "code" else "markdown"
        source = as_text(cell.get("source"))
        limit = max(LONGEST_NOTE, min(longest[kind][0], remaining[kind]))
        if len(source) > limit and kind == "code":
            source = cell["source"] = f"{LEFT_OUT.format(len(source), *longest[kind])}\n{STUB}"
        elif len(source) > limit:
            note = CUT_OFF.format(len(source), *longest[kind])
            source = cell["source"] = f"{source[: limit - LONGEST_NOTE]}\n\n{note}"
        remaining[kind] -= len(source)


def is_left_out(source: str) -> bool:
    """Say whether a code cell holds the note that `bound_cells` puts in the place of one."""
    return source.startswith(LEFT_OUT.partition("{")[0])


def is_bounded(cell: Mapping[str, Any]) -> bool:
    """Say whether a cell was left out or cut off."""
    source = as_text(cell.get("source"))
    return is_left_out(source) or CUT_OFF.partition("{")[0] in source[-LONGEST_NOTE:]


def python_version(notebook: Mapping[str, Any]) -> str:
    """Return the version of Python that saved a notebook, like "3.12.3"; empty where it names none."""
    language = as_dict(as_dict(notebook.get("metadata")).get("language_info"))
    version = language.get("version")
    if language.get("name") != "python" or not isinstance(version, str):
        return ""
    return version if VERSION.fullmatch(version) else ""
