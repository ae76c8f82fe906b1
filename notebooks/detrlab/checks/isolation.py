"""Run a step in isolation, with stand-ins for everything that it builds on.

The check of an exercise then does not depend on the others, and a mistake costs the points of its own
exercise only.
"""

import contextlib
import inspect
from collections.abc import Iterable, Iterator
from typing import Any

from detrlab.standins.registry import STANDINS
from detrlab.steps import Cell


@contextlib.contextmanager
def stand_ins_around(learner: Any) -> Iterator[None]:
    """Replace what the learner's notebook has loaded from other steps by stand-ins, within a `with`.

    Args:
        learner: a function or class of the notebook, whose global names are changed and restored.
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
    """Return the global names of a learner's function or of a class's methods; {} for anything else."""
    methods = vars(learner).values() if isinstance(learner, type) else (learner,)
    functions = [method for method in map(inspect.unwrap, methods) if inspect.isfunction(method)]
    return functions[0].__globals__ if functions else {}


def isolate(cells: Iterable[Cell], step: str, exercise: str, leave_out: bool = False) -> list[Cell]:
    """Return a step's cells, with stand-ins for all exercises but one.

    A mistake in an exercise then costs nothing in another one that builds on it.

    Args:
        cells: of the step's notebook.
        step: its name.
        exercise: the one that keeps the learner's answer.
        leave_out: drop the other answers, since one may end the process; otherwise each is followed by a
            cell that replaces what it defines.
    """
    isolated = []
    for cell in cells:
        other = cell.role == "todo" and cell.name != exercise
        if not (other and leave_out):
            isolated.append(cell)
        names = [name for name in cell.defines if name in STANDINS.get(step, {})]
        if other and names:
            lines = [f"{name} = STANDINS[{step!r}][{name!r}]" for name in names]
            source = "\n".join(["from detrlab.standins.registry import STANDINS", *lines])
            isolated.append(Cell(source, "locked", f"stand_ins_{cell.name}"))
    return isolated
