"""Build everything from the one source of each step, solutions/week1/NN_name.py.

One word on a cell marker of the source says what the cell is:

    # %% todo="encoder_layer"                     the learner writes this
    # %% tests="encoder_layer" points=4           graded checks, locked
    # %% [markdown] written="pe_every_layer" points=2   a written answer, graded by hand
    # %% [markdown] hints="encoder_layer"         folded hints, also shown by hint("encoder_layer")
    # %% locked="setup"                           given code or text, read-only

Any other code cell is a demo: it runs in the notebook, and nothing else depends on it.
"""

import ast
import functools
import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from autograder.workspace.settings import open_course
from detrlab.steps import Cell, cell_from_json

ROOT = Path(__file__).parents[2]
SOLUTIONS = ROOT / "solutions" / "week1"
NOTEBOOKS = ROOT / "notebooks" / "week1"
DATA = ROOT / "data"
AUTOGRADER = ROOT / "autograder"

# Each role with the type of its cells; locked cells hold code or text.
ROLES = {"todo": "code", "tests": "code", "written": "markdown", "hints": "markdown", "locked": None}
KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "name": "python", "pygments_lexer": "ipython3"},
}


class SourceError(ValueError):
    """A source file does not keep to the rules above; says which cell and what to do."""


@dataclass(frozen=True)
class Exercise:
    """What is graded by code: its grade id, the name that its check is given, and its points."""

    name: str
    symbol: str
    points: int


def steps() -> list[str]:
    """Name every step, in order: "00_set_prediction", ..."""
    return sorted(path.stem for path in SOLUTIONS.glob("[0-9][0-9]_*.py"))


def source_path(step: str) -> Path:
    """Return the source of a step. SourceError, naming the steps there are, where it is unknown."""
    path = SOLUTIONS / f"{step}.py"
    if not path.is_file():
        raise SourceError(f"There is no step {step!r}; there are: {', '.join(steps())}.")
    return path


def read_source(step: str) -> NotebookNode:
    """Read a step's source as a notebook with nbgrader's metadata, solutions and hidden tests in."""
    notebook = jupytext.read(source_path(step), fmt="py:percent")
    taken: set[str] = set()
    for number, cell in enumerate(notebook.cells, start=1):
        try:
            mark(cell)
        except SourceError as error:
            raise SourceError(f"{step}.py, cell {number}: {error}") from None
        cell.id = cell_id(cell, taken)
    notebook.metadata = NotebookNode(KERNEL)
    return notebook


def mark(cell: NotebookNode) -> None:
    """Expand the marker of one cell into nbgrader's metadata (schema version 3)."""
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
    """Return nbgrader's metadata for a cell's role."""
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
    """Return an id that depends on the cell alone, so that two builds are byte-identical."""
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


@functools.cache
def code_cells(step: str) -> list[Cell]:
    """Return a step's code cells with their roles, as `detrlab.steps` runs them."""
    return [cell_from_json(cell) for cell in read_source(step).cells if cell.cell_type == "code"]


@functools.cache
def exercises(step: str) -> list[Exercise]:
    """List a step's TODOs, read from the one line that each tests cell holds."""
    todos = {cell.name for cell in code_cells(step) if cell.role == "todo"}
    return [graded for graded in graded_cells(step) if graded.name in todos]


@functools.cache
def products(step: str) -> list[Exercise]:
    """List what a step grades beyond its TODOs: files that come out of it, such as a trained model."""
    return [graded for graded in graded_cells(step) if graded not in exercises(step)]


def graded_cells(step: str) -> list[Exercise]:
    """Read the one line that each tests cell holds."""
    found = []
    for cell in read_source(step).cells:
        metadata = cell.metadata.get("nbgrader", {})
        role, _, name = metadata.get("grade_id", "").partition("_")
        if role == "tests":
            call = ast.parse(cell.source).body[0]
            match call:
                case ast.Expr(ast.Call(ast.Attribute(_, attribute), [ast.Name(symbol)])):
                    pass
                case _:
                    attribute = symbol = ""
            if attribute != name:
                raise SourceError(f"{step}.py: tests={name!r} should begin with check.{name}(...).")
            found.append(Exercise(name, symbol, metadata["points"]))
    return found


def release(course: Path, only: list[str] | None = None) -> Path:
    """Make nbgrader's source and release folders in a course; return the release folder.

    The published notebooks are never touched: nbgrader deletes what it cannot rebuild.
    """
    api = open_course(course)
    for step in only or steps():
        folder, released = course / "source" / step, course / "release" / step
        with kept_on_failure(folder, released):  # nbgrader deletes the old release before it tries
            folder.mkdir(parents=True, exist_ok=True)
            nbformat.write(read_source(step), folder / f"{step}.ipynb")
            result = api.generate_assignment(step, force=True, create=True)
            if not result["success"]:
                raise SourceError(f"nbgrader could not release {step}:\n{result['log']}")
    return course / "release"


@contextmanager
def kept_on_failure(*folders: Path) -> Iterator[None]:
    """Put folders back as they were where what is done meanwhile fails."""
    with tempfile.TemporaryDirectory() as safe:
        copies = [Path(safe, str(number)) for number in range(len(folders))]
        for folder, copy in zip(folders, copies, strict=True):
            if folder.is_dir():
                shutil.copytree(folder, copy)
        try:
            yield
        except BaseException:
            for folder, copy in zip(folders, copies, strict=True):
                shutil.rmtree(folder, ignore_errors=True)
                if copy.is_dir():
                    shutil.copytree(copy, folder)
            raise


def notebooks(target: Path = NOTEBOOKS) -> list[Path]:
    """Build every student notebook into `target`, all or none of them."""
    with tempfile.TemporaryDirectory() as staging:
        released = release(Path(staging))
        target.mkdir(parents=True, exist_ok=True)
        return [
            Path(shutil.copy(released / step / f"{step}.ipynb", target / f"{step}.ipynb"))
            for step in steps()
        ]


def bundle(target: Path = ROOT / "dist" / "detr-from-scratch.zip") -> Path:
    """Zip what a student gets: notebooks, data, the environment and a README of their own.

    The notebooks are built for it: those in notebooks/week1 may have somebody's answers in them.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    files = [ROOT / "environment.yml", ROOT / "pyproject.toml", ROOT / "LICENSE"]
    files += sorted((ROOT / "notebooks" / "detrlab").rglob("*.py"))
    files += [path for path in sorted(DATA.rglob("*")) if path.is_file()]
    with tempfile.TemporaryDirectory() as folder:
        built = {path.name: path.read_bytes() for path in notebooks(Path(folder))}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            name = path.relative_to(ROOT)
            if not any(part.startswith((".", "__pycache__")) for part in name.parts):
                add(archive, f"detr-from-scratch/{name.as_posix()}", path.read_bytes())
        for notebook, content in built.items():
            add(archive, f"detr-from-scratch/notebooks/week1/{notebook}", content)
        add(
            archive,
            "detr-from-scratch/README.md",
            (ROOT / "autograder/authoring/student.md").read_bytes(),
        )
    return target


def add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Add one file with a fixed date, so that two bundles of the same files are equal."""
    entry = zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)
