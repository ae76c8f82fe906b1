"""Turn verdicts into what nbgrader scores, and say what a person still has to look at.

Used on either way: by the fast writer (gradebook.py), and by the preprocessors of `nbgrader autograde`.
"""

import hashlib

from nbformat import NotebookNode, v4
from nbgrader.api import Grade
from nbgrader.utils import is_grade

from autograder.keys import Verdicts
from autograder.pages import grade_id
from autograder.tasks import nobody_judged


def write_outputs(nb: NotebookNode, verdicts: Verdicts) -> None:
    """Write each graded code cell's verdict as its output: nbgrader scores outputs, and only these."""
    for cell in nb.cells:
        if is_grade(cell) and cell.cell_type == "code":
            write_output(cell, verdicts.setdefault(exercise_of(grade_id(cell)), nobody_judged()))


def write_output(cell: NotebookNode, verdict: dict) -> None:
    """Put a verdict into a cell as nbgrader reads it: never empty, never on stderr, a float in range."""
    score = round(float(cell.metadata.nbgrader.points) * verdict["credit"], 4)
    cell.outputs = [
        v4.new_output("stream", name="stdout", text=f"{verdict['sentence']}\n"),
        v4.new_output("execute_result", data={"text/plain": repr(score)}),
    ]


def exercise_of(name: str) -> str:
    """Return the exercise that a graded cell of this name belongs to."""
    return name.removeprefix("tests_")


def fingerprints(nb: NotebookNode) -> dict[str, str]:
    """Return a short fingerprint of each graded cell's text, to see whether an answer has changed."""
    return {
        grade_id(cell): hashlib.sha256(cell.source.strip().encode()).hexdigest()[:16]
        for cell in nb.cells
        if is_grade(cell)
    }


def state_of(grade: Grade) -> dict:
    """Return what must be remembered of a grade before it is made anew."""
    settled = grade.manual_score is not None and not grade.needs_manual_grade
    return {"auto_score": grade.auto_score, "settled": settled}


def set_needs_person(
    grade: Grade, cell_type: str, name: str, before: dict, same_answer: bool, verdicts: Verdicts
) -> None:
    """Say in a grade that was made anew whether a person must look at it.

    What a person graded stays settled as long as what they graded is still the same; nbgrader's own rule
    asks for a second look after every regrade.
    """
    if grade.manual_score is None:
        doubt = verdicts.get(exercise_of(name), {}).get("needs_person", False)
        grade.needs_manual_grade = grade.auto_score is None or doubt
    else:
        same_score = cell_type != "code" or grade.auto_score == before.get("auto_score")
        grade.needs_manual_grade = not (before.get("settled") and same_answer and same_score)
