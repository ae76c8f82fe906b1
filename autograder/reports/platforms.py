"""Write scores as learning platforms import them: CSV files for Canvas and for Moodle.

One column a step, named like it, where anybody has a score. A cell stays empty where nothing could be
graded, or where a person has not finished; an empty cell is no zero.
"""

import csv
from pathlib import Path

from autograder.reports.results import ClassResults, StepResult

# The columns by which a platform finds a student: its heading, and nbgrader's field.
CANVAS = {"Student": "name", "ID": "lms_user_id", "SIS User ID": "", "SIS Login ID": "id", "Section": ""}
MOODLE = {
    "Email address": "email",
    "First name": "first_name",
    "Last name": "last_name",
    "Student": "id",
}
Student = dict[str, str | None]


def export(results: ClassResults, unfinished: bool = False) -> tuple[list[Path], list[str]]:
    """Write canvas.csv and moodle.csv into the course's folder.

    With `unfinished`, scores that a person has still to look at are written too. Returns the two paths,
    and the students whom Moodle would not find, for want of an address: its table leaves them out.
    """
    scores = {(row.student, row.step): score_of(row, unfinished) for row in results.results}
    students = [one | {"name": full_name(one)} for one in results.gradebook.students]
    steps = sorted({step for (_, step), score in scores.items() if score})
    maxima = [f"{results.gradebook.max_scores[step]:g}" for step in steps]
    possible = ["    Points Possible", "", "", "", "", *maxima]

    def write(name: str, columns: dict[str, str], first: list[list[str]], people: list[Student]) -> Path:
        path = results.course / name
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerows([[*columns, *steps], *first])
            for one in people:
                known = [one.get(field) or "" for field in columns.values()]
                writer.writerow([*known, *(scores.get((one["id"] or "", step), "") for step in steps)])
        return path

    canvas = write("canvas.csv", CANVAS, [possible], students)
    moodle = write("moodle.csv", MOODLE, [], [one for one in students if one["email"]])
    return [canvas, moodle], [one["id"] or "" for one in students if not one["email"]]


def full_name(student: Student) -> str:
    """Return a name as Canvas lists it, the last one first; the id where there is none."""
    return ", ".join(filter(None, (student["last_name"], student["first_name"]))) or student["id"] or ""


def score_of(row: StepResult, unfinished: bool) -> str:
    """Return a score as a platform reads it; nothing where there is none yet."""
    return "" if row.score is None or (row.needs_review and not unfinished) else f"{row.score:g}"
