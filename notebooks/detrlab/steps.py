"""Use one notebook's code from another: the notebook is the only copy of what you wrote.

`load("03_encoder").TransformerEncoder` is your own class, taken from the notebook of that name. What
you have not written yet is replaced by a stand-in (detrlab/standins), so any day can be started.
"""

import ast
import contextlib
import io
import json
import linecache
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

STUB = re.compile(r"^\s*raise NotImplementedError", re.MULTILINE)
MAGIC = re.compile(r"^[ \t]*(?:[%!?].*|\w+[ \t]*=[ \t]*[%!]\w.*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)
# What is executed of a cell that the learner added, and of a demo: definitions, but no experiments.
FUNCTIONS = (ast.FunctionDef, ast.ClassDef)
DEFINITIONS = {
    "helper": (*FUNCTIONS, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign),
    "demo": FUNCTIONS,
}

RESOLVER = "__resolver__"  # the name under which a step's module keeps its resolver


@dataclass(frozen=True)
class Cell:
    """One code cell and its role: todo, tests, locked, demo or helper (added by the learner)."""

    source: str
    role: str
    name: str = ""

    @property
    def is_stub(self) -> bool:
        """Whether this is a TODO that still raises NotImplementedError."""
        return self.role == "todo" and bool(STUB.search(self.source))

    @property
    def defines(self) -> list[str]:
        """The names of the cell's functions and classes; none if it cannot be parsed."""
        try:
            body = ast.parse(without_magics(self.source)).body
        except (SyntaxError, ValueError, RecursionError):
            return []
        return [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def without_magics(source: str) -> str:
    """Blank out IPython's %, ! and ? lines, which are not Python; line numbers do not change."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return MAGIC.sub("", source)
    return source


# Returns the code cells of a step, or none if it is missing, so that stand-ins take its place.
Resolver = Callable[[str], list[Cell]]


def saved_notebooks(step: str) -> list[Cell]:
    """Return the code cells of a step's notebook as it was last saved, or none if there is no file."""
    path = find(step)
    return read(path) if path else []


def nothing_written(step: str) -> list[Cell]:
    """Return no cells for any step, so that stand-ins take their place, as in a check of one step."""
    return []


def cell_from_json(cell: dict) -> Cell:
    """Describe one code cell of a notebook file."""
    source = "".join(cell.get("source", ""))
    metadata = cell.get("metadata", {})
    grade_id = metadata.get("nbgrader", {}).get("grade_id", "")
    role, _, name = grade_id.partition("_")
    if role in ("todo", "tests", "locked") and name:
        return Cell(source, role, name)
    return Cell(source, "demo" if "demo" in metadata.get("tags", []) else "helper")


def read(path: Path) -> list[Cell]:
    """Read a notebook's code cells, in order; raise ValueError if the file is not a notebook."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return [cell_from_json(cell) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path.name} cannot be read as a notebook ({type(error).__name__}). "
            "Open it in JupyterLab and save it again, or take a fresh copy."
        ) from error


def runnable_parts(cell: Cell, filename: str) -> Iterator[ast.Module]:
    """Yield what is executed of a cell: all of it, or, of demos and helpers, each definition."""
    tree = ast.parse(without_magics(cell.source), filename)
    if cell.role not in DEFINITIONS:
        yield tree
        return
    for node in tree.body:
        if isinstance(node, DEFINITIONS[cell.role]):
            yield ast.Module([node], type_ignores=[])


def execute(cells: Iterable[Cell], step: str, resolver: Resolver = saved_notebooks) -> ModuleType:
    """Execute a step's cells in a new module; checks are left out.

    A cell that raises does not stop the others: its exception is kept in the module's `__failures__`, by
    cell name. Steps that the cells `load` come from the resolver.
    """
    module = ModuleType(f"step_{step}")
    sys.modules[module.__name__] = module  # classes find their module here when they are inspected
    module.__dict__[RESOLVER] = resolver
    module.__dict__["__failures__"] = failures = {}
    for number, cell in enumerate(cells, start=1):
        if cell.role == "tests":
            continue
        filename = f"<{step}, code cell {number}>"
        linecache.cache[filename] = (len(cell.source), None, cell.source.splitlines(True), filename)
        try:
            for part in runnable_parts(cell, filename):
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(compile(part, filename, "exec"), module.__dict__)
        except Exception as error:
            if cell.role != "demo":
                failures[cell.name] = error
    return module


def load(step: str, resolver: Resolver | None = None) -> ModuleType:
    """Return your own `step`, a name like "03_encoder", as a module, with stand-ins for what is missing.

    Without a `resolver`, cells that `execute` runs load from the resolver that it was given, and all
    other code from the notebooks as they were last saved.

    Raises:
        FileNotFoundError: if there is neither a notebook of that name nor a stand-in.
        ValueError: if the notebook cannot be read.
    """
    from detrlab.standins.registry import STANDINS  # imported here, since it imports torch

    resolver = resolver or sys._getframe(1).f_globals.get(RESOLVER, saved_notebooks)
    cells = resolver(step)
    module = execute(cells, step, resolver)
    wanted = STANDINS.get(step, {})
    if not cells and not wanted:
        raise FileNotFoundError(f'There is no notebook "{step}.ipynb" beside this one.')
    unwritten = {name for cell in cells if cell.is_stub for name in cell.defines}
    missing = [name for name in wanted if name in unwritten or not hasattr(module, name)]
    for name in missing:
        setattr(module, name, wanted[name])
    if missing:
        print(f"{step}: not written yet, so a stand-in takes the place of {', '.join(missing)}.")
    return module


def find(step: str) -> Path | None:
    """Return the notebook of a step: from the folder of the running one, else from the course's."""
    folders = (Path.cwd(), Path(sys.argv[0]).resolve().parent, Path(__file__).parents[1] / "week1")
    return next((path for folder in folders if (path := folder / f"{step}.ipynb").is_file()), None)
