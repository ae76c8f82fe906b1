"""Read the source of a step, solutions/week1/NN_name.py, as a notebook or as code cells."""

import functools
from pathlib import Path

import jupytext
from nbformat import NotebookNode

from autograder.authoring.markers import SourceError, cell_id, expand_marker
from autograder.workspace.paths import SOLUTIONS
from detrlab.cells.cell import Cell, cell_from_json

KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "name": "python", "pygments_lexer": "ipython3"},
}


def all_steps() -> list[str]:
    """Return the names of all steps, in order: "00_set_prediction", ..."""
    return sorted(path.stem for path in SOLUTIONS.glob("[0-9][0-9]_*.py"))


def source_path(step: str) -> Path:
    """Return the path of a step's source.

    Raises:
        SourceError: if there is no such step.
    """
    path = SOLUTIONS / f"{step}.py"
    if not path.is_file():
        raise SourceError(f"There is no step {step!r}; there are: {', '.join(all_steps())}.")
    return path


def read_source(step: str) -> NotebookNode:
    """Read a step's source as a notebook with nbgrader's metadata, solutions and hidden tests.

    Raises:
        SourceError: if there is no such step, or a cell's marker is malformed.
    """
    notebook = jupytext.read(source_path(step), fmt="py:percent")
    taken: set[str] = set()
    for number, cell in enumerate(notebook.cells, start=1):
        try:
            expand_marker(cell)
        except SourceError as error:
            raise SourceError(f"{step}.py, cell {number}: {error}") from None
        cell.id = cell_id(cell, taken)
    notebook.metadata = NotebookNode(KERNEL)
    return notebook


@functools.cache
def code_cells(step: str) -> list[Cell]:
    """Return a step's code cells with their roles, as `detrlab.steps` runs them.

    Raises:
        SourceError: as `read_source`.
    """
    return [cell_from_json(cell) for cell in read_source(step).cells if cell.cell_type == "code"]
