"""Import from CSV files: the students of a class, deadlines, times of submission.

Headings are nbgrader's, or those of lists that Canvas and Moodle export in English.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.gradebook.late_policy import course_zone
from autograder.reports.csv_table import Row, read_table
from autograder.reports.times import UnreadableTime, read_time
from autograder.submissions.student_ids import Roster, student_id
from autograder.workspace.course import open_course
from autograder.workspace.files import link_in, write_file

# The fields by which platforms know a student, and what they are called.
UNIQUE = {"lms_user_id": "number", "email": "address"}
STUDENT_FIELDS = ("first_name", "last_name", "email", "lms_user_id")


def import_roster(path: Path, course: Path) -> tuple[int, list[str]]:
    """Add students with names and addresses to the gradebook, or update them.

    Returns:
        the number of students, and the rows that are no student's.

    Raises:
        ValueError: if the file cannot be read as a roster, two students have the same id, number or
            address (submissions or scores of one would count for the other), or a spreadsheet has taken
            the zeros before a number away.
    """
    table = read_table(path, "id")
    submitted = Roster({folder.name for folder in course.glob("submitted/*")})
    for row in table.rows:
        if row["id"] not in submitted.ids and (other := submitted.lost_zeros(row["id"])):
            raise ValueError(
                f"{row.place}: the id is {row['id']}, and {other} has handed in: a spreadsheet may have "
                "taken zeros away; download the list again and do not save it there."
            )
    with open_course(course).gradebook as gradebook:
        students = {student_id(row["id"]): row for row in distinct(table.rows)}
        others = [other for other in gradebook.students if other.id not in students]
        for field, what in UNIQUE.items():
            check_unique(students, {getattr(other, field): other.id for other in others}, field, what)
        for student, row in students.items():
            fields = {name: row[name] or None for name in STUDENT_FIELDS if name in row.values}
            gradebook.update_or_create_student(student, **fields)
    return len(students), table.left_out


def distinct(rows: Iterable[Row]) -> list[Row]:
    """Return the rows of a roster without those that say the same once more.

    Raises:
        ValueError: if two rows that differ have the same id: one student would be entered as another.
    """
    first: dict[str, Row] = {}
    for row in rows:
        earlier = first.setdefault(student_id(row["id"]), row)
        if earlier.values != row.values:
            raise ValueError(
                f"{row.place}: the id {row['id']} is that of another student in {earlier.place}."
            )
    return list(first.values())


def check_unique(students: dict[str, Row], others: dict[str | None, str], field: str, what: str) -> None:
    """Check that no two students have one value of a field by which a platform knows them.

    Args:
        students: the rows of a roster, by id.
        others: the ids of the students who are in the gradebook and not in the roster, by the value.
        field: the field.
        what: what the field is called.

    Raises:
        ValueError: if two have; what is one's would count for the other.
    """
    owners = {value.casefold(): other for value, other in others.items() if value}
    for student, row in students.items():
        value = row.values.get(field, "")
        if value and (other := owners.setdefault(value.casefold(), student)) != student:
            raise ValueError(f"{row.place}: the {what} {value} of {student} is that of {other}, too.")


def import_deadlines(path: Path, course: Path) -> int:
    """Write deadlines to the gradebook; return their number.

    Raises:
        ValueError: if a row cannot be read or names an unknown step; then nothing is written.
    """
    zone = course_zone(course)
    dates = [(row["step"], time_of(row, zone, True)) for row in read_table(path, "step", "time").rows]
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
    zone = course_zone(course)
    times = [(row.values, time_of(row, zone)) for row in read_table(path, "id", "time").rows]
    for row, time in times:
        submitted, step = course / "submitted", row.get("step", "")
        own = sorted(submitted.glob(f"{student_id(row['id'])}/*/"))
        folders = [path for path in own if step in ("", path.name) and not link_in(path, submitted)]
        for folder in folders:
            write_file(folder / "timestamp.txt", f"{time:%Y-%m-%d %H:%M:%S} UTC\n".encode())
        count += len(folders)
        if not folders:
            missing.append(f"{row['id']} {step}".strip())
    return count, missing


def time_of(row: Row, zone: ZoneInfo | None, is_deadline: bool = False) -> datetime:
    """Return the time in a row, in UTC as a naive datetime.

    Raises:
        ValueError: if it cannot be read, or has no time zone: nobody should lose points by an hour.
    """
    try:
        return read_time(row["time"], zone, is_deadline)
    except UnreadableTime as problem:
        raise ValueError(f"{row.place}: the time {row['time']!r} {problem}.") from None
