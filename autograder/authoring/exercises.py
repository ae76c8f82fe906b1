"""The exercises of each step that are graded by code, read from the one line in each tests cell."""

import ast
import functools
from dataclasses import dataclass

from autograder.authoring.markers import SourceError
from autograder.authoring.sources import all_steps, code_cells, read_source


@dataclass(frozen=True)
class Exercise:
    """An exercise that is graded by code."""

    name: str
    symbol: str  # the name of the object that its check is given
    points: int


@functools.cache
def exercises_of(step: str) -> list[Exercise]:
    """List a step's exercises: the graded cells of its TODOs.

    Raises:
        SourceError: if there is no such step, or a tests cell is malformed.
    """
    todos = {cell.name for cell in code_cells(step) if cell.role == "todo"}
    return [graded for graded in graded_cells(step) if graded.name in todos]


@functools.cache
def artifacts_of(step: str) -> list[Exercise]:
    """List a step's graded artifacts: files that it produces, such as a trained model.

    Raises:
        SourceError: if there is no such step, or a tests cell is malformed.
    """
    return [graded for graded in graded_cells(step) if graded not in exercises_of(step)]


def graded_cells(step: str) -> list[Exercise]:
    """Read the exercise or artifact of each tests cell of a step.

    Raises:
        SourceError: if there is no such step, or a tests cell does not begin with its check.
    """
    exercises = []
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
            exercises.append(Exercise(name, symbol, metadata["points"]))
    return exercises


@functools.cache
def step_of(exercise: str) -> tuple[str, str]:
    """Return the step of an exercise, and the name of the object that the learner defines.

    Raises:
        AttributeError: if no step has it.
    """
    for step in all_steps():
        for candidate in exercises_of(step):
            if candidate.name == exercise:
                return step, candidate.symbol
    raise AttributeError(f"No step has a cell tests={exercise!r}.")
