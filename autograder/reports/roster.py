"""Import from CSV files: the students of a class, deadlines, times of submission.

Headings are nbgrader's, or those of lists that Canvas and Moodle export in English.
"""

from collections import Counter
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.gradebook.late_policy import course_zone
from autograder.reports.csv_table import Row, read_table
from autograder.reports.times import UnreadableTime, read_time
from autograder.submissions.student_ids import Roster, student_id
from autograder.workspace.course import open_course

STUDENT_FIELDS = ("first_name", "last_name", "email", "lms_user_id")


def import_roster(path: Path, course: Path) -> tuple[int, list[str]]:
    """Add students with names and addresses to the gradebook, or update them.

    Returns:
        the number of students, and the rows that are no student's.

    Raises:
        ValueError: if the file cannot be read as a roster, two students have the same number on a
            platform (submissions of one would count for the other), or a spreadsheet has taken the
            zeros before a number away.
    """
    table = read_table(path, "id")
    students = [row.values for row in table.rows]
    submitted = Roster({folder.name for folder in course.glob("submitted/*")})
    for row in table.rows:
        if row["id"] not in submitted.ids and (other := submitted.lost_zeros(row["id"])):
            raise ValueError(
                f"{row.place}: the id is {row['id']}, and {other} has handed in: a spreadsheet may have "
                "taken zeros away; download the list again and do not save it there."
            )
    numbers = Counter(student.get("lms_user_id", "") for student in students)
    if duplicates := [number for number, times in numbers.items() if number and times > 1]:
        raise ValueError(f"{path.name} gives the number {duplicates[0]} to more than one student.")
    with open_course(course).gradebook as gradebook:
        for student in students:
            fields = {name: student[name] or None for name in STUDENT_FIELDS if name in student}
            gradebook.update_or_create_student(student_id(student["id"]), **fields)
    return len(students), table.left_out


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
        folder_of_student, step = course / "submitted" / student_id(row["id"]), row.get("step", "")
        submitted = sorted(folder_of_student.iterdir()) if folder_of_student.is_dir() else []
        folders = [folder for folder in submitted if step in ("", folder.name)]
        for folder in folders:
            (folder / "timestamp.txt").write_text(f"{time:%Y-%m-%d %H:%M:%S} UTC\n")
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
