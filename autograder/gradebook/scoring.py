"""Turn verdicts into what nbgrader scores, and say what a person still has to look at.

Used on either way: by the fast writer (writer.py), and by the preprocessors of `nbgrader autograde`.
"""

from dataclasses import dataclass

from nbformat import NotebookNode, v4
from nbgrader.api import Grade
from nbgrader.utils import is_grade

from autograder.gradebook.cells import exercise_of, grade_id
from autograder.judging.verdict import Verdict, Verdicts, not_judged


def complete(nb: NotebookNode, verdicts: Verdicts) -> Verdicts:
    """Return a verdict for each check of a notebook: `not_judged` where there is none."""
    checks = [exercise_of(grade_id(cell)) for cell in nb.cells if is_check(cell)]
    return verdicts | {name: not_judged() for name in checks if name not in verdicts}


def is_check(cell: NotebookNode) -> bool:
    """Say whether a cell is graded by code."""
    return is_grade(cell) and cell.cell_type == "code"


def write_outputs(nb: NotebookNode, verdicts: Verdicts) -> None:
    """Write each check's verdict as its cell's output: nbgrader scores outputs, and only these."""
    for cell in filter(is_check, nb.cells):
        write_output(cell, verdicts[exercise_of(grade_id(cell))])


def write_output(cell: NotebookNode, verdict: Verdict) -> None:
    """Put a verdict into a cell as nbgrader reads it: never empty, never on stderr, a float in range."""
    score = round(float(cell.metadata.nbgrader.points) * verdict.credit, 4)
    cell.outputs = [
        v4.new_output("stream", name="stdout", text=f"{verdict.message}\n"),
        v4.new_output("execute_result", data={"text/plain": repr(score)}),
    ]


@dataclass(frozen=True)
class GradeBefore:
    """What must be remembered of a grade before it is made anew."""

    auto_score: float | None = None
    settled: bool = False  # a person has given points, and nothing has asked for them again

    @classmethod
    def of(cls, grade: Grade) -> "GradeBefore":
        """Read it off a row of the gradebook."""
        settled = grade.manual_score is not None and not grade.needs_manual_grade
        return cls(grade.auto_score, settled)


def needs_review(
    grade: Grade, is_code: bool, before: GradeBefore, same_answer: bool, verdict: Verdict | None
) -> bool:
    """Say whether a person must look at a grade that was made anew.

    What a person graded stays settled as long as what they graded is still the same; nbgrader's own rule
    asks for a second look after every regrade.
    """
    if grade.manual_score is None:
        return grade.auto_score is None or (verdict is not None and verdict.needs_review)
    same_score = not is_code or grade.auto_score == before.auto_score
    return not (before.settled and same_answer and same_score)
