"""What is right: the object of an exercise as the solution defines it, or as a known slip would."""

import functools
from typing import Any

from autograder.authoring.exercises import step_of
from autograder.authoring.known_answers import KnownSlip
from autograder.authoring.sources import code_cells
from detrlab.checks.isolation import isolate
from detrlab.steps import Resolver, execute, nothing_written


def define(
    exercise: str,
    slip: KnownSlip | None = None,
    isolated: bool = False,
    resolver: Resolver = nothing_written,
) -> Any:
    """Define an exercise's object as solutions/week1 does, or as a slip would.

    Args:
        exercise: its name, like "encoder_layer".
        slip: a known wrong answer to take the place of the solution.
        isolated: put stand-ins in the place of the step's other exercises, as where answers are graded;
            without it they are the solution's, as in the notebook.
        resolver: what the step loads from others; stand-ins where none is given.
    """
    step, symbol = step_of(exercise)
    cells = code_cells(step)
    cells = slip.apply(cells) if slip else cells
    if isolated:
        cells = isolate(cells, step, exercise)
    return vars(execute(cells, step, resolver))[symbol]


@functools.cache
def reference(exercise: str, isolated: bool = False) -> Any:
    """Return the reference's object of an exercise, defined once for each kind of neighbours."""
    return define(exercise, isolated=isolated)
