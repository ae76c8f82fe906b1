"""Name the versions where the Python that grades cannot read what a newer one can; a person looks.

What can be read here is judged as ever.
"""

import ast
import json
import re
import subprocess
import sys
from dataclasses import dataclass, replace

from ruff import find_ruff_bin

from autograder.judging.verdict import State, Verdicts
from detrlab.cells.cell import LONGEST, Cell
from detrlab.cells.ipython import to_python

Version = tuple[int, ...]  # major, minor

OURS: Version = sys.version_info[:2]
MISSING = re.compile(r"name '(\w+)' is not defined|no cell defines (\w+)")
ADDED = re.compile(r"syntax was added in Python (\d+)\.(\d+)")  # in messages of ruff
MOST_SHOWN = 60  # characters of a line of code in a message
MOST_CELLS = 20  # that ruff looks at, each in a process
SECONDS = 20  # for ruff, which takes milliseconds


@dataclass(frozen=True)
class UnreadableCell:
    """A cell that is no Python to the one that grades, and on which one it was written."""

    cell: Cell
    error: SyntaxError
    written_on: str

    def explain(self, name: str) -> str:
        """Return the message on an exercise that fails since this cell cannot be read."""
        line = (self.error.text or "").strip()[:MOST_SHOWN]
        where = f"`{line}`" if line else "one of its cells"
        return (
            f"✗ {name}: your notebook was written on {self.written_on}, and Python {dotted(OURS)}, which "
            f"grades it, cannot read {where} ({self.error.msg}). A person will look at it."
        )


def with_versions(verdicts: Verdicts, code: list[Cell], version: str) -> Verdicts:
    """Return the verdicts on a notebook; those that its newer Python may be the reason of need review.

    Args:
        verdicts: by exercise.
        code: the notebook's code cells.
        version: of the Python that saved it, like "3.12.3"; empty if unknown.
    """
    failed = [name for name, verdict in verdicts.items() if verdict.state == State.FAILED]
    theirs = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if not failed or (theirs and theirs <= OURS):
        return verdicts
    cells = unreadable_cells(code, theirs)
    explained = {}
    for name in failed:
        if cause := find_cause(name, verdicts[name].message, cells):
            explained[name] = replace(verdicts[name], message=cause.explain(name), needs_review=True)
    return verdicts | explained


def unreadable_cells(code: list[Cell], theirs: Version) -> list[UnreadableCell]:
    """Return the cells that only a newer Python reads; where `theirs` is unknown, their syntax tells."""
    broken = [(cell, error) for cell in code if (error := syntax_error(cell))]
    if theirs:
        return [UnreadableCell(cell, error, f"Python {dotted(theirs)}") for cell, error in broken]
    broken.sort(key=lambda pair: pair[0].role != "todo")
    needed = [(*pair, needed_version(to_python_or_same(pair[0].source))) for pair in broken[:MOST_CELLS]]
    return [
        UnreadableCell(cell, error, f"Python {dotted(version)} or newer")
        for cell, error, version in needed
        if version
    ]


def syntax_error(cell: Cell) -> SyntaxError | None:
    """Return why a cell is no Python to the one that grades; None if it is, or is not run."""
    if cell.role == "tests" or len(cell.source) > LONGEST:
        return None
    try:
        ast.parse(to_python(cell.source))
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


def to_python_or_same(source: str) -> str:
    """Return a cell's source without IPython's syntax, if IPython can read it."""
    try:
        return to_python(source)
    except SyntaxError:
        return source


def needed_version(source: str) -> Version | None:
    """Return the first Python that has the syntax of a source; None if no one has, or ours does."""
    target = f"py{OURS[0]}{OURS[1]}"
    options = [
        "--isolated",
        "--no-cache",
        "--ignore=ALL",
        "--output-format=json",
        f"--target-version={target}",
    ]
    try:
        result = subprocess.run(
            [find_ruff_bin(), "check", *options, "-"],
            input=source.encode("utf-8", "replace"),
            capture_output=True,
            timeout=SECONDS,
        )
        found = [ADDED.search(problem["message"]) for problem in json.loads(result.stdout)]
    except (subprocess.TimeoutExpired, ValueError):  # no answer of ruff's form: it knows no such target
        return None
    versions = [(int(match[1]), int(match[2])) for match in found if match]
    return max(versions) if versions and len(versions) == len(found) else None


def find_cause(name: str, message: str, cells: list[UnreadableCell]) -> UnreadableCell | None:
    """Return the cell that may be why an exercise fails: its answer, or one that holds a missing name."""
    missing = {found for pair in MISSING.findall(message) for found in pair if found}
    own = [part for part in cells if (part.cell.role, part.cell.name) == ("todo", name)]
    others = [part for part in cells if missing & set(re.findall(r"\w+", part.cell.source))]
    rest = cells if "SyntaxError" in message else []
    return next(iter([*own, *others, *rest]), None)


def dotted(version: Version) -> str:
    """Return a version as text, like "3.12"."""
    return ".".join(map(str, version))
