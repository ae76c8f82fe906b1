"""Write scores as CSV files that Canvas and Moodle import.

There is a column for each step in which anybody has a score. A cell is empty, which is not a score of 0,
if nothing could be graded or the grade needs review.
"""

from pathlib import Path

from nbgrader import api
from nbgrader.plugins import ExportPlugin

from autograder.gradebook.queries import read_gradebook
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
# nbgrader's columns, of `nbgrader export`.
IDENTITY = ("student_id", "last_name", "first_name", "email")
POINTS = ("raw_score", "late_submission_penalty", "score", "max_score")
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


class GradesTable(ExportPlugin):
    """Write the table of `nbgrader export`, as nbgrader would, but quoted and without formulas."""

    def export(self, gradebook: api.Gradebook) -> None:
        """Write a row for each student and step, also of those who have submitted nothing."""
        content = read_gradebook(gradebook)
        rows = [["assignment", "duedate", "timestamp", *IDENTITY, *POINTS]]
        for step in gradebook.assignments:
            for student in content.students:
                name = student["id"] or ""
                is_wanted = step.name in (self.assignment or [step.name])
                if not is_wanted or name not in map(str, self.student or [name]):
                    continue
                submission = content.submissions.get((name, step.name))
                raw = sum((grade.score for grade in submission.grades), 0.0) if submission else 0.0
                penalty = (submission.penalty or 0.0) if submission else 0.0
                times = [step.duedate, submission.timestamp if submission else None]
                identity = [name, student["last_name"], student["first_name"], student["email"]]
                points = [raw, penalty, max(0.0, raw - penalty), step.max_score]
                rows.append(
                    [
                        str("" if value is None else value)
                        for value in (step.name, *times, *identity, *points)
                    ]
                )
        write_table(Path(self.to or "grades.csv"), rows)
