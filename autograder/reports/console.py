"""Show the results of a class on a terminal."""

from collections.abc import Iterable

from rich import box
from rich.table import Table
from rich.text import Text

from autograder.reports.results import StepResult


def results_table(results: Iterable[StepResult]) -> Table:
    """Return a table of students by steps with the points, and the first message for each student.

    A step's column is headed by its number and maximum points only, so that a week fits on a screen.
    """
    by_student: dict[str, dict[str, StepResult]] = {}
    for result in results:
        by_student.setdefault(result.student, {})[result.step] = result
    maxima = {step: row.max_score for steps in by_student.values() for step, row in steps.items() if step}
    table = Table("student", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for step in sorted(maxima):
        table.add_column(f"{step[:2]}\n/{maxima[step]:g}", justify="right", no_wrap=True)
    table.add_column("by\nhand", justify="right")
    table.add_column("first feedback", min_width=30)
    for student, steps in by_student.items():
        scores = [points(steps[step]) if step in steps else "" for step in sorted(maxima)]
        reviews = sum(row.needs_review for row in steps.values())
        first = next((remark for row in steps.values() for remark in row.remarks), "✓")
        table.add_row(student, *scores, str(reviews or ""), Text(first))
    return table


def points(row: StepResult) -> str:
    """Format a score; a dash means that nothing could be graded."""
    return "–" if row.score is None else f"{row.score:g}"
