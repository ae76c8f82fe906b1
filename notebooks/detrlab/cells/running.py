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
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from detrlab.cells.cell import Cell
from detrlab.cells.choosing import Statement, choose
from detrlab.cells.ipython import NoShell, to_python
from detrlab.cells.needs import Names, names_of

RESOLVER, FAILURES = "__resolver__", "__failures__"  # what a step's module keeps under these names
DEFINITION = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Failure:
    """A statement that raised, or a cell that is no Python, and the names that are missing for it."""

    error: Exception
    source: str  # the first line of what failed
    names: set[str]
    role: str


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
            failures.append(Failure(error, statement.source, statement.names.bound, statement.role))
    return module


def read(cells: Iterable[Cell], step: str, failures: list[Failure]) -> Iterator[Statement]:
    """Yield the statements of all cells but checks; what cannot be parsed is a failure."""
    cells = list(cells)
    checks = {cell.name: number for number, cell in enumerate(cells, start=1) if cell.role == "tests"}
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
        checked_at = checks.get(cell.name, math.inf) if cell.role == "todo" else math.inf
        for place, node in enumerate(nodes):
            names = Names()
            with contextlib.suppress(SyntaxError, ValueError):  # it will be raised again when it runs
                names = names_of(AsInNotebook().visit(node))
            yield Statement(node, cell.role, filename, (number, place), (checked_at, 0), names)


class AsInNotebook(ast.NodeTransformer):
    """Makes `__name__` what it is in a notebook, so that `if __name__ == "__main__"` holds."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace the name where it is read."""
        if node.id == "__name__" and isinstance(node.ctx, ast.Load):
            return ast.copy_location(ast.Constant("__main__"), node)
        return node


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
