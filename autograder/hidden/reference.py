"""The reference: the object of an exercise as the solution, or a known slip, defines it."""

import functools
from typing import Any

from autograder.authoring.exercises import step_of
from autograder.authoring.known_answers import KnownSlip
from autograder.authoring.sources import code_cells
from detrlab.cells.isolation import bind_stand_ins, names_beside
from detrlab.cells.running import execute
from detrlab.steps import Resolver, nothing_written


def define(
    exercise: str,
    slip: KnownSlip | None = None,
    isolated: bool = False,
    resolver: Resolver = nothing_written,
) -> Any:
    """Return an exercise's object as solutions/week1 defines it, or as a slip does.

    Args:
        exercise: its name, like "encoder_layer".
        slip: a known wrong answer that replaces the solution.
        isolated: whether stand-ins replace the step's other exercises, as in grading; by default they
            are the solution's, as in the notebook.
        resolver: returns the cells of other steps, which this one loads; by default stand-ins are loaded.

    Raises:
        AttributeError: if there is no such exercise.
        SourceError: if the slip does not fit the solution.
    """
    step, symbol = step_of(exercise)
    cells = code_cells(step)
    cells = slip.apply(cells) if slip else cells
    module = execute(cells, step, resolver)
    if isolated:
        bind_stand_ins(module, step, names_beside(step, symbol))
    return vars(module)[symbol]


@functools.cache
def reference(exercise: str, isolated: bool = False) -> Any:
    """Return the solution's object of an exercise, cached; for `isolated` see `define`."""
    return define(exercise, isolated=isolated)
