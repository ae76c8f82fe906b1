"""Which exercises a step grades by code, read from the one line that each tests cell holds."""

import ast
import functools
from dataclasses import dataclass

from autograder.authoring.markers import SourceError
from autograder.authoring.sources import all_steps, code_cells, read_source


@dataclass(frozen=True)
class Exercise:
    """What is graded by code: its grade id, the name that its check is given, and its points."""

    name: str
    symbol: str
    points: int


@functools.cache
def exercises_of(step: str) -> list[Exercise]:
    """List a step's TODOs, read from the one line that each tests cell holds."""
    todos = {cell.name for cell in code_cells(step) if cell.role == "todo"}
    return [graded for graded in graded_cells(step) if graded.name in todos]


@functools.cache
def artifacts_of(step: str) -> list[Exercise]:
    """List what a step grades beyond its TODOs: files that come out of it, such as a trained model."""
    return [graded for graded in graded_cells(step) if graded not in exercises_of(step)]


def graded_cells(step: str) -> list[Exercise]:
    """Read the one line that each tests cell holds."""
    found = []
    for cell in read_source(step).cells:
        metadata = cell.metadata.get("nbgrader", {})
        role, _, name = metadata.get("grade_id", "").partition("_")
        if role == "tests":
            call = ast.parse(cell.source).body[0]
            match call:
                case ast.Expr(ast.Call(ast.Attribute(_, attribute), [ast.Name(symbol)])):
                    pass
                case _:
                    attribute = symbol = ""
            if attribute != name:
                raise SourceError(f"{step}.py: tests={name!r} should begin with check.{name}(...).")
            found.append(Exercise(name, symbol, metadata["points"]))
    return found


@functools.cache
def step_of(exercise: str) -> tuple[str, str]:
    """Find the step that an exercise belongs to, and the name that the learner defines.

    Raises:
        AttributeError: where no step has it.
    """
    for step in all_steps():
        for found in exercises_of(step):
            if found.name == exercise:
                return step, found.symbol
    raise AttributeError(f"No step has a cell tests={exercise!r}.")
