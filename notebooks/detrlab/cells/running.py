"""Run a step's cells in a module of their own: all that the answers depend on, and no experiments.

TODOs and given cells run as a whole. Of the cells that the learner added, and of demos, definitions run,
and whatever else binds or changes a name that an answer reads. So a helper that is built in a loop or an
`if` is there, and a training or a plot is not run.
"""

import __future__

import ast
import contextlib
import io
import linecache
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from detrlab.cells.cell import Cell
from detrlab.cells.ipython import NoShell, to_python
from detrlab.cells.needs import DYNAMIC, EVERYTHING, Names, is_definition, is_switch, names_of

RESOLVER, FAILURES = "__resolver__", "__failures__"  # what a step's module keeps under these names
DEFINITION = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Failure:
    """A statement that raised, or a cell that is no Python, and the names that are missing for it."""

    error: Exception
    source: str  # the first line of what failed
    names: set[str]
    role: str


@dataclass
class Statement:
    """A statement at the top level of a cell; `runs` once it is known that it does."""

    node: ast.stmt
    cell: Cell
    filename: str
    names: Names = field(default_factory=Names)
    runs: bool = False

    @property
    def is_required(self) -> bool:
        """Whether it belongs to an answer or to a given cell."""
        return self.cell.role not in ("helper", "demo")

    @property
    def source(self) -> str:
        """The first line of it."""
        return ast.unparse(self.node).partition("\n")[0]


def execute(
    cells: Iterable[Cell], step: str, resolver: Callable[[str], list[Cell]] | None = None
) -> ModuleType:
    """Run a step's cells; checks are left out.

    What fails costs only the names that it would have bound: it is kept in the module's FAILURES. What
    the cells `load` comes from the resolver, which the module keeps under RESOLVER.
    """
    module = ModuleType(f"step_{step}")
    sys.modules[module.__name__] = module  # classes find their module here when they are inspected
    failures: list[Failure] = []
    module.__dict__.update({FAILURES: failures, "get_ipython": NoShell})
    if resolver:
        module.__dict__[RESOLVER] = resolver
    statements = list(read(cells, step, failures))
    choose(statements)
    flags = 0  # of `from __future__`: what one cell imports holds in those after it
    for statement in (statement for statement in statements if statement.runs):
        try:
            flags |= future_flags(statement.node)
            part = ast.Module([statement.node], type_ignores=[])
            code = compile(part, statement.filename, "exec", flags=flags, dont_inherit=True)
            with contextlib.redirect_stdout(io.StringIO()):
                exec(code, module.__dict__)
        except Exception as error:
            failures.append(Failure(error, statement.source, statement.names.bound, statement.cell.role))
    return module


def read(cells: Iterable[Cell], step: str, failures: list[Failure]) -> Iterable[Statement]:
    """Yield the statements of all cells but checks; what cannot be parsed is a failure."""
    for number, cell in enumerate(cells, start=1):
        if cell.role == "tests":
            continue
        filename = f"<{step}, code cell {number}>"
        try:
            source = to_python(cell.source)
            linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
            nodes = ast.parse(source, filename).body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            first = cell.source.strip().partition("\n")[0]
            failures.append(Failure(error, first, set(DEFINITION.findall(cell.source)), cell.role))
            continue
        for node in nodes:
            statement = Statement(AsInNotebook().visit(node), cell, filename)
            with contextlib.suppress(SyntaxError, ValueError):  # it will be raised again when it runs
                statement.names = names_of(statement.node)
            yield statement


class AsInNotebook(ast.NodeTransformer):
    """Makes `__name__` what it is in a notebook, so that `if __name__ == "__main__"` holds."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace the name where it is read."""
        if node.id == "__name__" and isinstance(node.ctx, ast.Load):
            return ast.copy_location(ast.Constant("__main__"), node)
        return node


def choose(statements: list[Statement]) -> None:
    """Find out which statements run: what is required, what that needs, and all that only defines."""
    added = {name for s in statements if not s.is_required for name in s.names.bound - imported(s.node)}
    needed: set[str] = set()
    grown = -1
    while grown != len(needed):
        grown = len(needed)
        for statement in statements:
            names = statement.names
            is_needed = statement.is_required or bool(names.bound & needed) or EVERYTHING in names.bound
            changes = names.changed & needed or names.called & needed & added or names.read & DYNAMIC
            statement.runs |= is_needed or bool(changes)
            if statement.runs:
                needed |= names.read
            if is_needed:
                needed |= names.read_later | names.bound - {"_"}
    for statement in statements:  # these cost nothing, and what they would need is not run for them
        is_import_of_demo = statement.cell.role == "demo" and bool(imported(statement.node))
        is_cheap = is_definition(statement.node) and not is_import_of_demo
        statement.runs |= is_cheap or is_switch(statement.node)
    used = {name for s in statements if s.runs for name in s.names.read | s.names.read_later}
    for statement in statements:  # an import may take seconds: those of experiments alone do not run
        statement.runs |= bool(imported(statement.node) & used)


def imported(node: ast.stmt) -> set[str]:
    """Return the names that an import binds: a call of a module's function does not change the module."""
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return set()
    return {alias.asname or alias.name.partition(".")[0] for alias in node.names}


def future_flags(node: ast.stmt) -> int:
    """Return the compiler's flags of a `from __future__ import`; 0 of any other statement."""
    if not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
        return 0
    features = [getattr(__future__, alias.name, None) for alias in node.names]
    return sum(feature.compiler_flag for feature in features if feature)


def explain(error: BaseException, namespace: dict[str, Any]) -> str:
    """Return an error's message; of a name that is missing since something failed, that too."""
    if isinstance(error, NameError):
        for failure in namespace.get(FAILURES, []):
            if getattr(error, "name", None) in failure.names:
                kind = type(failure.error).__name__
                return f"{error}: `{failure.source}` failed first ({kind}: {failure.error})"
    return str(error)
