"""Tell nbgrader's gradebook who is in the class, when steps are due and when they came; from CSV files.

Headings are those of nbgrader, or those that Canvas and Moodle write, in English, when they export their
own lists.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from autograder.submissions.student_ids import student_id
from autograder.workspace.course import open_course

# What a column is, by its heading in small letters; of several the first that a row has something in.
HEADINGS = {
    "id": ("username", "id", "student", "id number", "email", "email address"),
    "first_name": ("first_name", "first name", "full name"),
    "last_name": ("last_name", "last name", "surname"),
    "email": ("email", "email address"),
    "lms_user_id": ("lms_user_id", "canvas id", "user id", "identifier"),
    "step": ("step", "assignment"),
    "time": ("time", "due", "deadline", "submitted"),
}
ABOUT = ("first_name", "last_name", "email", "lms_user_id")


def read_table(path: Path, *needed: str) -> Iterator[dict[str, str]]:
    """Yield a CSV file's rows by what the columns are. ValueError where something needed is missing."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        headings = {heading.strip().lower(): heading for heading in reversed(reader.fieldnames or [])}
        known = dict(HEADINGS)
        if is_canvas := {"sis login id", "id"} <= headings.keys():  # whose "ID" is a number of its own
            known |= {"id": ("sis login id", "id"), "lms_user_id": ("id",)}
        columns = {
            name: [headings[word] for word in words if word in headings] for name, words in known.items()
        }
        if missing := [name for name in needed if not columns[name]]:
            words = ", ".join(known[missing[0]])
            raise ValueError(f"{path.name} has no column {missing[0]!r}; it may be called {words}.")
        for row in reader:
            values = {heading: (row[heading] or "").strip() for heading in headings.values()}
            if is_canvas and not values[headings["id"]]:  # points possible, manual posting
                continue
            found = {
                name: next((values[one] for one in own if values[one]), "")
                for name, own in columns.items()
                if own
            }
            if number := re.search(r"\d+$", found.get("lms_user_id", "")):  # as in "Participant 1042"
                found["lms_user_id"] = number[0]
            if not all(found[name] for name in needed):
                raise ValueError(f"{path.name}, line {reader.line_num}: a value is empty.")
            yield found


def import_roster(path: Path, course: Path) -> int:
    """Enter students with names and addresses into the gradebook, or change them; return how many.

    ValueError where two have the same number: what the one hands in would count for the other.
    """
    people = list(read_table(path, "id"))
    numbers = Counter(person.get("lms_user_id", "") for person in people)
    if twice := [number for number, times in numbers.items() if number and times > 1]:
        raise ValueError(f"{path.name} gives the number {twice[0]} to more than one student.")
    with open_course(course).gradebook as gradebook:
        for person in people:
            own = {name: person[name] or None for name in ABOUT if name in person}
            gradebook.update_or_create_student(student_id(person["id"]), **own)
    return len(people)


def import_deadlines(path: Path, course: Path) -> int:
    """Enter when steps are due into the gradebook; return how many. ValueError for an unknown step."""
    dates = [(row["step"], parse_time(row["time"])) for row in read_table(path, "step", "time")]
    api = open_course(course)
    if unknown := {step for step, _ in dates} - set(api.get_source_assignments()):
        raise ValueError(f"{path.name} names {min(unknown)!r}, which is no step of this course.")
    with api.gradebook as gradebook:
        for step, due in dates:
            gradebook.update_or_create_assignment(step, duedate=due)
    return len(dates)


def import_times(path: Path, course: Path) -> tuple[int, list[str]]:
    """Note when students handed in, all steps or the one that a row names.

    Returns how many submissions it noted, and the rows for which there is none. ValueError where a row
    cannot be read; then nothing is noted.
    """
    made, lost = 0, []
    times = [(row, parse_time(row["time"])) for row in read_table(path, "id", "time")]
    for row, time in times:
        student, step = course / "submitted" / student_id(row["id"]), row.get("step", "")
        submitted = sorted(student.iterdir()) if student.is_dir() else []
        folders = [folder for folder in submitted if step in ("", folder.name)]
        for folder in folders:
            (folder / "timestamp.txt").write_text(f"{time:%Y-%m-%d %H:%M:%S} UTC\n")
        made += len(folders)
        if not folders:
            lost.append(f"{row['id']} {step}".strip())
    return made, lost


def parse_time(text: str) -> datetime:
    """Read a time as ISO 8601 has it, like 2026-11-27T23:59+01:00; return it in UTC, without saying so.

    ValueError where it names no time zone: nobody should lose points by an hour.
    """
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"The time {text!r} has no time zone; write it like 2026-11-27T23:59+01:00.")
    return time.astimezone(UTC).replace(tzinfo=None)
