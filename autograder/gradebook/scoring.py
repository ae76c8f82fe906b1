"""Turn verdicts into outputs that nbgrader scores, and decide which grades need review.

Used by the fast writer (writer.py) and by the preprocessors of `nbgrader autograde`.
"""

from dataclasses import dataclass

from nbformat import NotebookNode, v4
from nbgrader.api import Grade
from nbgrader.utils import compute_checksum, is_grade, is_task

from autograder.gradebook.cells import exercise_of, grade_id
from autograder.judging.verdict import Verdict, Verdicts, not_judged

NOT_SANDBOXED = "Judged without a sandbox."


def with_missing_verdicts(nb: NotebookNode, verdicts: Verdicts) -> Verdicts:
    """Return the verdicts, with `not_judged` for each check of the notebook that has none."""
    checks = [exercise_of(grade_id(cell)) for cell in nb.cells if is_check(cell)]
    return verdicts | {name: not_judged() for name in checks if name not in verdicts}


def is_check(cell: NotebookNode) -> bool:
    """Return whether a cell is graded by code."""
    return is_grade(cell) and cell.cell_type == "code"


def write_outputs(nb: NotebookNode, verdicts: Verdicts) -> None:
    """Write the verdict on each check as the output of its cell, from which nbgrader takes the score."""
    for cell in filter(is_check, nb.cells):
        write_output(cell, verdicts[exercise_of(grade_id(cell))])


def write_output(cell: NotebookNode, verdict: Verdict) -> None:
    """Write a verdict into a cell in the form that nbgrader scores.

    nbgrader gives full points for no output and none for output on stderr; the score is a float in range.
    """
    score = round(float(cell.metadata.nbgrader.points) * verdict.credit, 4)
    cell.outputs = [
        v4.new_output("stream", name="stdout", text=f"{verdict.message}\n"),
        v4.new_output("execute_result", data={"text/plain": repr(score)}),
    ]


def auto_comment(cell: NotebookNode, verdicts: Verdicts) -> str | None:
    """Return the automatic comment on an answer: nbgrader's own, and that it ran without a sandbox."""
    untouched = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell) and not is_task(cell)
    verdict = verdicts.get(grade_id(cell).removeprefix("todo_"))
    remarks = ["No response."] if untouched else []
    if verdict is not None and not verdict.sandboxed:
        remarks.append(NOT_SANDBOXED)
    return " ".join(remarks) or None


@dataclass(frozen=True)
class PreviousGrade:
    """A grade before a regrade."""

    auto_score: float | None = None
    settled: bool = False  # a person has given points, and no review of them was due

    @classmethod
    def of(cls, grade: Grade) -> "PreviousGrade":
        """Return the grade in a row of the gradebook."""
        settled = grade.manual_score is not None and not grade.needs_manual_grade
        return cls(grade.auto_score, settled)


def needs_review(
    grade: Grade, is_code: bool, previous: PreviousGrade, same_answer: bool, verdict: Verdict | None
) -> bool:
    """Return whether a grade needs review after a regrade.

    A person's grade remains settled as long as the answer is unchanged; nbgrader's own rule requires a
    review after every regrade.

    Args:
        grade: the new row of the gradebook.
        is_code: whether the cell is graded by code.
        before: the same row before.
        same_answer: whether the answer is unchanged since it was last graded.
        verdict: on the exercise; None for a written answer.
    """
    if grade.manual_score is None:
        return grade.auto_score is None or (verdict is not None and verdict.needs_review)
    same_score = not is_code or grade.auto_score == previous.auto_score
    return not (previous.settled and same_answer and same_score)
