"""Run a step in isolation, with stand-ins for everything that it builds on.

The check of an exercise then does not depend on the others, and a mistake costs the points of its own
exercise only.
"""

import contextlib
import inspect
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

from detrlab.cells.cell import Cell
from detrlab.standins.registry import STANDINS


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


def bind_stand_ins(module: ModuleType, step: str, names: Iterable[str]) -> None:
    """Put stand-ins in the place of what a step's own cells define under these names.

    Once all cells have run: so the cells work on the learner's own objects, whichever cell defines them,
    and no stand-in is changed by them or taken for an answer.
    """
    for name in names:
        setattr(module, name, STANDINS[step][name])


def names_beside(step: str, symbol: str) -> list[str]:
    """Name what a step defines beside one of its objects, as far as there are stand-ins for it."""
    return [name for name in STANDINS.get(step, {}) if name != symbol]


def without_other_answers(cells: Iterable[Cell], exercise: str) -> list[Cell]:
    """Return a step's cells without the answers to its other exercises: one may end the process."""
    return [cell for cell in cells if cell.role != "todo" or cell.name == exercise]
