"""Write scores as learning platforms import them: CSV files for Canvas and for Moodle.

One column a step, named like it. A cell stays empty where nothing could be graded, or where a person has
not finished; an empty cell is no zero.
"""

import csv
from pathlib import Path

from nbgrader.api import Student

from autograder.report import Row, rows
from autograder.settings import COURSE, open_course

# The columns by which a platform finds a student: its heading, and nbgrader's field.
CANVAS = {"Student": "name", "ID": "lms_user_id", "SIS User ID": "", "SIS Login ID": "id", "Section": ""}
MOODLE = {
    "Username": "id",
    "First name": "first_name",
    "Last name": "last_name",
    "Email address": "email",
}


def export(course: Path = COURSE, unfinished: bool = False) -> list[Path]:
    """Write canvas.csv and moodle.csv into the course's folder; return their paths.

    With `unfinished`, scores that a person has still to look at are written too.
    """
    scores = {(row.student, row.step): score_of(row, unfinished) for row in rows(course)}
    with open_course(course).gradebook as gradebook:
        maxima = {one.name: f"{one.max_score:g}" for one in gradebook.assignments}
        students = [one.to_dict() | {"name": full_name(one)} for one in gradebook.students]
    steps = sorted(maxima)
    possible = ["    Points Possible", "", "", "", "", *(maxima[step] for step in steps)]
    for name, columns, first in (("canvas", CANVAS, [possible]), ("moodle", MOODLE, [])):
        with (course / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerows([[*columns, *steps], *first])
            for one in students:
                known = [one.get(field) or "" for field in columns.values()]
                writer.writerow([*known, *(scores.get((one["id"], step), "") for step in steps)])
    return [course / "canvas.csv", course / "moodle.csv"]


def full_name(student: Student) -> str:
    """Return a name as Canvas lists it, the last one first; the id where there is none."""
    return ", ".join(filter(None, (student.last_name, student.first_name))) or student.id


def score_of(row: Row, unfinished: bool) -> str:
    """Return a score as a platform reads it; nothing where there is none yet."""
    return "" if row.score is None or (row.needs_manual and not unfinished) else f"{row.score:g}"
