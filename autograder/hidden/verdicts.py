"""Verdicts of the visible and the hidden check on an answer, in this process."""

from collections.abc import Callable
from typing import Any

from autograder import hidden
from autograder.authoring import build, slips
from detrlab.check import check as visible_check
from detrlab.checks.outcome import CheckFailed
from detrlab.steps import Cell, execute

STUB = "raise NotImplementedError"


def answer(cells: list[Cell], step: str, symbol: str) -> Any:
    """Return what these cells define under the name that the check is given."""
    module = execute(cells, step)
    if symbol not in vars(module):
        raise AssertionError(f"{step}: no {symbol}; failures: {vars(module)['__failures__']}")
    return vars(module)[symbol]


def verdict(check: Callable[[], None]) -> str:
    """Return "✓" or the line that the learner sees."""
    try:
        check()
    except CheckFailed as failure:
        return f"{failure.mark} {failure}"
    return "✓"


def visible_verdict(exercise: str, learner: Any) -> str:
    """Return the verdict of the visible check."""
    return verdict(lambda: visible_check(exercise, learner))


def hidden_verdict(exercise: str, learner: Any, seed: int) -> str:
    """Return the verdict of the hidden check on inputs drawn from `seed`."""
    return verdict(lambda: hidden.check(exercise, learner, seed))


def answers(step: str) -> list[tuple[str, str, str, list[Cell]]]:
    """List every known answer to a step: kind, exercise, what should be said, cells."""
    cells = build.code_cells(step)
    found = [("solution", exercise.name, "✓", cells) for exercise in build.exercises(step)]
    for exercise in build.exercises(step):
        found.append(("stub", exercise.name, "○", stub(cells, exercise.name)))
    for slip in slips.slips(step):
        found.append((slip.id, slip.grade_id, f"✗ {slip.says}", slip.apply(cells)))
    for name, grade_id, source in slips.alternatives(step):
        found.append((name, grade_id, "✓", slips.with_answer(cells, grade_id, source)))
    return found


def stub(cells: list[Cell], grade_id: str) -> list[Cell]:
    """Return the cells with the solution regions of one TODO emptied, as nbgrader releases them."""
    cell = next(cell for cell in cells if (cell.role, cell.name) == ("todo", grade_id))
    lines, keep = [], True
    for line in cell.source.split("\n"):
        if "### BEGIN SOLUTION" in line:
            lines.append(line.partition("###")[0] + STUB)
            keep = False
        if keep:
            lines.append(line)
        keep = keep or "### END SOLUTION" in line
    return slips.with_answer(cells, grade_id, "\n".join(lines))
