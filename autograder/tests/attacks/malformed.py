"""Malformed submissions: what modules of this folder submit in the place of a notebook of one step.

A function marked `@malformed(outcome)` becomes a MalformedSubmission. It gets the folder of its student
and the release of the step with one exercise answered rightly, and submits what it is named after.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.submissions.rebuild import Cell, Notebook, grade_id

STEP, EXERCISE = "00_set_prediction", "box_cxcywh_to_xyxy"
FILE = f"{STEP}.ipynb"
FULL_POINTS, NO_POINTS, REFUSED = "full", "0", "refused"

Submit = Callable[[Path, Notebook], None]


@dataclass(frozen=True)
class MalformedSubmission:
    """One submission, and what has to come of it.

    Args:
        submit: puts it into the folder of its student.
        outcome: FULL_POINTS for the exercise, NO_POINTS, or REFUSED by the intake.
        message: a part of the intake's reason, where it is refused.
    """

    name: str
    submit: Submit
    outcome: str
    message: str = ""


def malformed(outcome: str, message: str = "") -> Callable[[Submit], MalformedSubmission]:
    """Turn a function that submits something into a submission of the function's name."""

    def describe(submit: Submit) -> MalformedSubmission:
        return MalformedSubmission(submit.__name__, submit, outcome, message)

    return describe


def submissions_in(namespace: dict[str, object]) -> list[MalformedSubmission]:
    """Return the submissions that a module defines."""
    return [value for value in namespace.values() if isinstance(value, MalformedSubmission)]


def save(folder: Path, notebook: Notebook, name: str = FILE) -> None:
    """Write a notebook into a student's folder."""
    (folder / name).write_text(json.dumps(notebook), encoding="utf-8")


def find_cell(notebook: Notebook, name: str) -> Cell:
    """Return the cell with this grade_id."""
    return next(cell for cell in notebook["cells"] if grade_id(cell) == name)
