"""Choose which statements of a notebook run: what the answers need, as it was when they were checked.

The check of an answer stands right below it. A cell further down, a plot or a try, may give a name that
the answer reads another value; what passed above has not seen it, so it does not run.
"""

import ast
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from detrlab.cells.needs import DYNAMIC, EVERYTHING, Names, is_definition, is_switch

Position = tuple[float, int]  # the number of a cell, of a statement in it
END: Position = (math.inf, 0)


@dataclass
class Statement:
    """A statement at the top level of a cell.

    Args:
        role: of its cell.
        filename: of its cell, for tracebacks.
        position: where it stands.
        checked_at: where the check of its answer stands; infinity where there is none.
        runs: whether it does, once that is known.
    """

    node: ast.stmt
    role: str
    filename: str
    position: Position
    checked_at: Position
    names: Names = field(default_factory=Names)
    runs: bool = False

    @property
    def is_required(self) -> bool:
        """Whether it belongs to an answer or to a given cell."""
        return self.role not in ("helper", "demo")

    @property
    def source(self) -> str:
        """The first line of it."""
        return ast.unparse(self.node).partition("\n")[0]

    @property
    def imports(self) -> set[str]:
        """The names that it imports: a call of a module's function does not change the module."""
        if not isinstance(self.node, ast.Import | ast.ImportFrom):
            return set()
        return {alias.asname or alias.name.partition(".")[0] for alias in self.node.names}

    @property
    def redefines(self) -> bool:
        """Whether it is a function or class of the learner, which replaces an earlier one."""
        return self.role != "demo" and isinstance(self.node, ast.FunctionDef | ast.ClassDef)


class Needs:
    """The names that must be there, and until where: an answer's until its check, others to the end."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self.until: dict[str, Position] = {}
        self.bound: dict[str, list[Statement]] = {}
        self.added: set[str] = set()  # by cells that are neither answers nor given; imports do not count
        for statement in statements:
            for name in statement.names.bound:
                self.bound.setdefault(name, []).append(statement)
            if not statement.is_required:
                self.added |= statement.names.bound - statement.imports

    def add(self, names: Iterable[str], until: Position) -> bool:
        """Need these names up to a position; return whether that is new."""
        new = [name for name in names if self.until.get(name, (0, -1)) < until]
        self.until.update(dict.fromkeys(new, until))
        return bool(new)

    def of(self, statement: Statement) -> list[str]:
        """Return the names that need a statement: it binds them in time, or nothing else does."""
        if EVERYTHING in statement.names.bound:
            return [EVERYTHING]
        names = statement.names.bound & self.until.keys()
        return [name for name in names if not self.comes_too_late(statement, name)]

    def comes_too_late(self, statement: Statement, name: str) -> bool:
        """Say whether a name had its value before, when what needs it was checked."""
        until = self.until.get(name, statement.position)
        if statement.is_required or statement.redefines or statement.position <= until:
            return False
        earlier = [other for other in self.bound[name] if other.position <= until]
        # A name of a demo is no answer to that of a learner's own cell.
        return any(statement.role == "demo" or other.role != "demo" for other in earlier)

    def is_changed_by(self, statement: Statement) -> bool:
        """Say whether a statement changes an object that is needed: what its name last stood for runs."""
        own = statement.names.called & self.added
        for name in (statement.names.changed | own) & self.until.keys():
            before = [other for other in self.bound.get(name, []) if other.position < statement.position]
            if not before or before[-1].runs:
                return True
        return False


def choose(statements: list[Statement]) -> None:
    """Find out which statements run: what is required, what that needs, and all that only defines."""
    needs = Needs(statements)
    grows = True
    while grows:
        grows = False
        for statement in statements:
            names = statement.names
            needed_for = needs.of(statement)
            is_needed = statement.is_required or bool(needed_for)
            if not statement.runs:
                changes = needs.is_changed_by(statement) or bool(names.read & DYNAMIC)
                statement.runs = is_needed or changes
                grows |= statement.runs
            if statement.runs:
                grows |= needs.add(names.read, statement.position)
            if is_needed:
                known = [needs.until[name] for name in needed_for if name in needs.until]
                until = statement.checked_at if statement.is_required else max(known, default=END)
                grows |= needs.add(names.read_later | names.bound - {"_"}, until)
    for statement in statements:  # these cost nothing, and what they would need is not run for them
        is_import_of_demo = statement.role == "demo" and bool(statement.imports)
        is_cheap = is_definition(statement.node) and not is_import_of_demo
        in_time = not any(needs.comes_too_late(statement, name) for name in statement.names.bound)
        statement.runs |= (is_cheap and in_time) or is_switch(statement.node)
    used = {name for s in statements if s.runs for name in s.names.read | s.names.read_later}
    for statement in statements:  # an import may take seconds: those of experiments alone do not run
        statement.runs |= bool(statement.imports & used)
