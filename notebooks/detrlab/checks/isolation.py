"""Try a step alone, with stand-ins for everything that it is built on.

So the check of one exercise does not depend on how far the others are, and a mistake costs its own
points and no others.
"""

import contextlib
import inspect
from collections.abc import Iterable, Iterator
from typing import Any

from detrlab.standins.registry import STANDINS
from detrlab.steps import Cell


@contextlib.contextmanager
def stand_ins_around(learner: Any) -> Iterator[None]:
    """Put stand-ins in the place of what `learner`'s notebook has loaded from others.

    So the check of one step does not depend on how far the others are.
    """
    namespace = namespace_of(learner)
    known = {name: standin for names in STANDINS.values() for name, standin in names.items()}
    loaded = {
        name: value
        for name, value in namespace.items()
        if name in known and getattr(value, "__module__", None) != namespace["__name__"]
    }
    namespace.update({name: known[name] for name in loaded})
    try:
        yield
    finally:
        namespace.update(loaded)


def namespace_of(learner: Any) -> dict[str, Any]:
    """Return the global names that a learner's function, or a class's methods, see; {} for others."""
    methods = vars(learner).values() if isinstance(learner, type) else (learner,)
    functions = [method for method in map(inspect.unwrap, methods) if inspect.isfunction(method)]
    return functions[0].__globals__ if functions else {}


def isolate(cells: Iterable[Cell], step: str, exercise: str, leave_out: bool = False) -> list[Cell]:
    """Return a step's cells with stand-ins in force for its other exercises.

    So a mistake in one exercise costs nothing in the next, which is built on it. With `leave_out` the
    cells of the others are not even run: one of them may end the process.
    """
    alone = []
    for cell in cells:
        other = cell.role == "todo" and cell.name != exercise
        if not (other and leave_out):
            alone.append(cell)
        names = [name for name in cell.defines if name in STANDINS.get(step, {})]
        if other and names:
            lines = [f"{name} = STANDINS[{step!r}][{name!r}]" for name in names]
            source = "\n".join(["from detrlab.standins.registry import STANDINS", *lines])
            alone.append(Cell(source, "locked", f"stand_ins_{cell.name}"))
    return alone
