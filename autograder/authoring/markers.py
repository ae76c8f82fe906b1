"""Cell markers: a key on a cell of a source, solutions/week1/NN_name.py, defines the role of the cell.

    # %% todo="encoder_layer"                     the learner writes this
    # %% tests="encoder_layer" points=4           graded checks, locked
    # %% [markdown] written="pe_every_layer" points=2   a written answer, graded by hand
    # %% [markdown] hints="encoder_layer"         folded hints, also shown by hint("encoder_layer")
    # %% locked="setup"                           given code or text, read-only

Any other code cell is a demo: it runs in the notebook, and no other cell depends on it.
"""

import hashlib

from nbformat import NotebookNode

# Each role with the type of its cells; locked cells hold code or text.
ROLES = {"todo": "code", "tests": "code", "written": "markdown", "hints": "markdown", "locked": None}


class SourceError(ValueError):
    """A source violates the rules of the course; the message names the place and the remedy."""


def expand_marker(cell: NotebookNode) -> None:
    """Replace the marker of a cell by nbgrader's metadata (schema version 3).

    Raises:
        SourceError: if the marker is malformed.
    """
    keys = {key: value for key, value in cell.metadata.items() if key != "lines_to_next_cell"}
    points = keys.pop("points", None)
    if unknown := [key for key in keys if key not in ROLES]:
        raise SourceError(f"unknown key {unknown[0]!r}; the keys are: {', '.join(ROLES)}, points.")
    if len(keys) > 1:
        raise SourceError(f"a cell has one role, this one has {', '.join(keys)}.")
    role, name = next(iter(keys.items()), ("", ""))
    if (points is not None) != (role in ("tests", "written")):
        raise SourceError("points belong on cells with tests or written, and only there.")
    if role and ROLES[role] not in (cell.cell_type, None):
        raise SourceError(f"a cell with {role} has to be a {ROLES[role]} cell.")
    cell.metadata = NotebookNode()
    if role == "hints":
        cell.metadata["detrlab"] = {"hints": name}
    elif role:
        cell.metadata["nbgrader"] = nbgrader_metadata(role, name, points)
    elif cell.cell_type == "code":
        cell.metadata["tags"] = ["demo"]


def nbgrader_metadata(role: str, name: str, points: int | None) -> dict:
    """Return nbgrader's metadata of a cell.

    Args:
        role: a key of ROLES.
        name: what the marker names, for example an exercise.
        points: of a graded cell.
    """
    metadata = {
        "schema_version": 3,
        "grade_id": f"{role}_{name}",
        "grade": role in ("tests", "written"),
        "solution": role in ("todo", "written"),
        "locked": role in ("tests", "locked"),
        "task": False,
    }
    return metadata if points is None else metadata | {"points": points}


def cell_id(cell: NotebookNode, taken: set[str]) -> str:
    """Return an id that depends on the notebook alone, so that two builds are byte-identical.

    Args:
        cell: with nbgrader's metadata.
        taken: the ids of the cells before, to which this one is added.

    Raises:
        SourceError: if two cells have the same grade_id.
    """
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    base = grade_id or hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
    unique, count = base.replace("_", "-"), 1
    while unique in taken:
        if grade_id:
            raise SourceError(f"two cells are called {grade_id}.")
        count += 1
        unique = f"{base}-{count}"
    taken.add(unique)
    return unique
