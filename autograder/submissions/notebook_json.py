"""Read a notebook file strictly: JSON of nbformat 4, bounded, nothing executed.

What cannot be read raises UnreadableFile, with a reason in plain words to be passed on to its owner.
"""

import json
from typing import Any, NoReturn

MAX_BYTES = 32_000_000
MAX_CELLS = 2_000
MAX_DEPTH = 40


class UnreadableFile(ValueError):
    """A file that cannot be taken; the message says why and reads on from the file's name."""


def too_large() -> UnreadableFile:
    """Return why a large file is not read; made anew each time, since a raised error keeps its frames."""
    return UnreadableFile(
        f"is larger than {MAX_BYTES // 1_000_000} MB; clear the largest outputs and save it again"
    )


def parse_notebook(data: bytes) -> dict[str, Any]:
    """Return a notebook's content. Raises UnreadableFile."""
    if len(data) > MAX_BYTES:
        raise too_large()
    if not data.strip():
        raise UnreadableFile("is empty")
    try:
        content = json.loads(data.decode("utf-8-sig"), parse_constant=refuse_constant)
    except UnreadableFile:
        raise
    except UnicodeDecodeError:
        raise UnreadableFile("is not UTF-8 text, so it is not a notebook as Jupyter saves it") from None
    except json.JSONDecodeError as error:
        raise UnreadableFile(explain(error)) from None
    except RecursionError:
        raise UnreadableFile("is nested too deeply to be a notebook") from None
    except ValueError:  # Python's own limit: digits of a whole number
        raise UnreadableFile("holds a number that is longer than any notebook needs") from None
    check_depth(content)
    check_shape(content)
    return content


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which JSON does not have."""
    raise UnreadableFile(f"holds the number {name}, which no notebook may hold")


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
    raise UnreadableFile("is nested too deeply to be a notebook")


def check_shape(content: Any) -> None:
    """Refuse what is JSON but not a notebook of format 4."""
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
