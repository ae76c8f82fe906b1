"""Write scores as CSV files that Canvas and Moodle import.

There is a column for each step in which anybody has a score. A cell is empty, which is not a score of 0,
if nothing could be graded or the grade needs review.
"""

from pathlib import Path

from autograder.reports.csv_table import write_table
from autograder.reports.results import ClassResults, StepResult, decimal

# The columns that identify a student: the platform's heading, and nbgrader's field.
CANVAS = {"Student": "name", "ID": "lms_user_id", "SIS User ID": "", "SIS Login ID": "id", "Section": ""}
MOODLE = {
    "Email address": "email",
    "First name": "first_name",
    "Last name": "last_name",
    "Student": "id",
}
Student = dict[str, str | None]


def export(results: ClassResults, unfinished: bool = False) -> tuple[list[Path], list[str]]:
    """Write canvas.csv and moodle.csv to the course folder.

    Args:
        results: of the class.
        unfinished: whether to write scores that need review, too.

    Returns:
        the two paths, and the students without an email address: Moodle cannot identify them, so they
        are left out of its table.
    """
    scores = {(row.student, row.step): score_of(row, unfinished) for row in results.results}
    students = [student | {"name": full_name(student)} for student in results.gradebook.students]
    steps = sorted({step for (_, step), score in scores.items() if score})
    maxima = [decimal(results.gradebook.max_scores[step]) for step in steps]
    points_row = ["    Points Possible", "", "", "", "", *maxima]

    def write(
        name: str, columns: dict[str, str], header_rows: list[list[str]], rows: list[Student]
    ) -> Path:
        path = results.course / name
        lines = [[*columns, *steps], *header_rows]
        for student in rows:
            identity = [student.get(field) or "" for field in columns.values()]
            lines.append([*identity, *(scores.get((student["id"] or "", step), "") for step in steps)])
        write_table(path, lines)
        return path

    canvas = write("canvas.csv", CANVAS, [points_row], students)
    moodle = write("moodle.csv", MOODLE, [], [student for student in students if student["email"]])
    return [canvas, moodle], [student["id"] or "" for student in students if not student["email"]]


def full_name(student: Student) -> str:
    """Return a student's name in Canvas's order, last name first; the id if there is none."""
    return ", ".join(filter(None, (student["last_name"], student["first_name"]))) or student["id"] or ""


def score_of(row: StepResult, unfinished: bool) -> str:
    """Return a score as text; empty if there is none yet."""
    return "" if row.score is None or (row.needs_review and not unfinished) else decimal(row.score)
