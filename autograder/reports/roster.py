"""Import from CSV files: the students of a class, deadlines, times of submission.

Headings are nbgrader's, or those of lists that Canvas and Moodle export in English.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from autograder.submissions.student_ids import student_id
from autograder.workspace.course import open_course

# The possible headings of each field, in lower case; of several, a row's first non-empty one is used.
HEADINGS = {
    "id": ("username", "id", "student", "id number", "email", "email address"),
    "first_name": ("first_name", "first name", "full name"),
    "last_name": ("last_name", "last name", "surname"),
    "email": ("email", "email address"),
    "lms_user_id": ("lms_user_id", "canvas id", "user id", "identifier"),
    "step": ("step", "assignment"),
    "time": ("time", "due", "deadline", "submitted"),
}
STUDENT_FIELDS = ("first_name", "last_name", "email", "lms_user_id")


def read_table(path: Path, *needed: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV file, by field.

    Args:
        path: the file.
        needed: the fields that every row must have.

    Raises:
        ValueError: if a needed column is missing or a needed value is empty.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        headings = {heading.strip().lower(): heading for heading in reversed(reader.fieldnames or [])}
        headings_by_field = dict(HEADINGS)
        if is_canvas := {"sis login id", "id"} <= headings.keys():  # "ID" is Canvas's own number
            headings_by_field |= {"id": ("sis login id", "id"), "lms_user_id": ("id",)}
        columns = {
            field: [headings[heading] for heading in possible if heading in headings]
            for field, possible in headings_by_field.items()
        }
        if missing := [name for name in needed if not columns[name]]:
            candidates = ", ".join(headings_by_field[missing[0]])
            raise ValueError(f"{path.name} has no column {missing[0]!r}; it may be called {candidates}.")
        for row in reader:
            values = {heading: (row[heading] or "").strip() for heading in headings.values()}
            if is_canvas and not values[headings["id"]]:  # a row that is no student: points possible, ...
                continue
            fields = {
                name: next((values[column] for column in columns_of_field if values[column]), "")
                for name, columns_of_field in columns.items()
                if columns_of_field
            }
            if number := re.search(r"\d+$", fields.get("lms_user_id", "")):  # as in "Participant 1042"
                fields["lms_user_id"] = number[0]
            if not all(fields[name] for name in needed):
                raise ValueError(f"{path.name}, line {reader.line_num}: a value is empty.")
            yield fields


def import_roster(path: Path, course: Path) -> int:
    """Add students with names and addresses to the gradebook, or update them; return their number.

    Raises:
        ValueError: if the file cannot be read as a roster, or two students have the same number on a
            platform: submissions of one would count for the other.
    """
    students = list(read_table(path, "id"))
    numbers = Counter(student.get("lms_user_id", "") for student in students)
    if duplicates := [number for number, times in numbers.items() if number and times > 1]:
        raise ValueError(f"{path.name} gives the number {duplicates[0]} to more than one student.")
    with open_course(course).gradebook as gradebook:
        for student in students:
            fields = {name: student[name] or None for name in STUDENT_FIELDS if name in student}
            gradebook.update_or_create_student(student_id(student["id"]), **fields)
    return len(students)


def import_deadlines(path: Path, course: Path) -> int:
    """Write deadlines to the gradebook; return their number.

    Raises:
        ValueError: if a row cannot be read or names an unknown step; then nothing is written.
    """
    dates = [(row["step"], parse_time(row["time"])) for row in read_table(path, "step", "time")]
    api = open_course(course)
    if unknown := {step for step, _ in dates} - set(api.get_source_assignments()):
        raise ValueError(f"{path.name} names {min(unknown)!r}, which is no step of this course.")
    with api.gradebook as gradebook:
        for step, due in dates:
            gradebook.update_or_create_assignment(step, duedate=due)
    return len(dates)


def import_times(path: Path, course: Path) -> tuple[int, list[str]]:
    """Write the times of submission, of the step that a row names or else of all steps of the student.

    Returns:
        the number of submissions whose time was written, and the rows without a submission.

    Raises:
        ValueError: if a row cannot be read; then nothing is written.
    """
    count, missing = 0, []
    times = [(row, parse_time(row["time"])) for row in read_table(path, "id", "time")]
    for row, time in times:
        folder_of_student, step = course / "submitted" / student_id(row["id"]), row.get("step", "")
        submitted = sorted(folder_of_student.iterdir()) if folder_of_student.is_dir() else []
        folders = [folder for folder in submitted if step in ("", folder.name)]
        for folder in folders:
            (folder / "timestamp.txt").write_text(f"{time:%Y-%m-%d %H:%M:%S} UTC\n")
        count += len(folders)
        if not folders:
            missing.append(f"{row['id']} {step}".strip())
    return count, missing


def parse_time(text: str) -> datetime:
    """Parse an ISO 8601 time like 2026-11-27T23:59+01:00; return it in UTC, as a naive datetime.

    Raises:
        ValueError: if it is no such time, or has no time zone: nobody should lose points by an hour.
    """
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"The time {text!r} has no time zone; write it like 2026-11-27T23:59+01:00.")
    return time.astimezone(UTC).replace(tzinfo=None)
