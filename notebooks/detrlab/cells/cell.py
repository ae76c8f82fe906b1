"""One code cell of a notebook: its source, and what it is for."""

import ast
from dataclasses import dataclass

from detrlab.cells.ipython import to_python

STUB = "raise NotImplementedError"
LONGEST = 100_000  # characters of an answer that is parsed
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Cell:
    """One code cell and its role: todo, tests, locked, demo or helper (added by the learner)."""

    source: str
    role: str
    name: str = ""

    @property
    def is_stub(self) -> bool:
        """Whether this is a TODO that is not written yet."""
        return self.role == "todo" and is_unwritten(self.source)

    @property
    def defines(self) -> list[str]:
        """The names of the cell's functions and classes; none if it cannot be parsed."""
        tree = parse(self.source)
        nodes = tree.body if tree else []
        return [node.name for node in nodes if isinstance(node, (*FUNCTIONS, ast.ClassDef))]


def cell_from_json(cell: dict) -> Cell:
    """Describe one code cell of a notebook file."""
    source = "".join(cell.get("source", ""))
    metadata = cell.get("metadata", {})
    grade_id = metadata.get("nbgrader", {}).get("grade_id", "")
    role, _, name = grade_id.partition("_")
    if role in ("todo", "tests", "locked") and name:
        return Cell(source, role, name)
    return Cell(source, "demo" if "demo" in metadata.get("tags", []) else "helper")


def parse(source: str) -> ast.Module | None:
    """Parse a cell's source, IPython's syntax included; None where it is no Python."""
    try:
        return ast.parse(to_python(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def is_unwritten(source: str) -> bool:
    """Say whether an answer is still a stub: some function of it does nothing but raise.

    A NotImplementedError in a branch, behind a return, or in a base class that a class of the cell
    completes, belongs to a finished answer. Where the source cannot be parsed, or is longer than any
    answer, its text decides.
    """
    if STUB not in source:
        return False
    tree = parse(source) if len(source) <= LONGEST else None
    if tree is None:
        return any(line.strip() == STUB for line in source.splitlines())
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    bases = {base.id for node in classes for base in node.bases if isinstance(base, ast.Name)}
    bodies = [node.body for node in tree.body if isinstance(node, FUNCTIONS)]
    for node in classes:
        if node.name not in bases:
            bodies += [part.body for part in node.body if isinstance(part, FUNCTIONS)]
    return any(map(ends_in_stub, bodies)) or ends_in_stub(tree.body)


def ends_in_stub(body: list[ast.stmt]) -> bool:
    """Say whether running these statements always ends in the stub's raise."""
    for node in body:
        if isinstance(node, ast.Return):
            return False
        if isinstance(node, ast.Raise):
            error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            return isinstance(error, ast.Name) and error.id == "NotImplementedError"
    return False
