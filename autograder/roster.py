"""Tell nbgrader's gradebook who is in the class, when steps are due and when they came; from CSV files.

Headings are those of nbgrader, or those that Canvas and Moodle write when they export their own lists.
"""

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from autograder.intake import student_id
from autograder.settings import COURSE, open_course

# What a column is, by its heading in small letters; of several the first that is there.
HEADINGS = {
    "id": ("sis login id", "username", "id", "student", "id number"),
    "first_name": ("first_name", "first name"),
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
        names = {
            name: headings[next(word for word in known if word in headings)]
            for name, known in HEADINGS.items()
            if headings.keys() & set(known)
        }
        if is_canvas := {"sis login id", "id"} <= headings.keys():  # whose "ID" is a number of its own
            names["lms_user_id"] = headings["id"]
        if missing := [name for name in needed if name not in names]:
            known = ", ".join(HEADINGS[missing[0]])
            raise ValueError(f"{path.name} has no column {missing[0]!r}; it may be called {known}.")
        for row in reader:
            if is_canvas and "".join(filter(None, row.values())).strip().startswith("Points Possible"):
                continue
            found = {name: (row[heading] or "").strip() for name, heading in names.items()}
            if "lms_user_id" in found:
                found["lms_user_id"] = found["lms_user_id"].removeprefix("Participant ")
            if not all(found[name] for name in needed):
                raise ValueError(f"{path.name}, line {reader.line_num}: a value is empty.")
            yield found


def import_roster(path: Path, course: Path = COURSE) -> int:
    """Enter students with names and addresses into the gradebook, or change them; return how many."""
    people = list(read_table(path, "id"))
    with open_course(course).gradebook as gradebook:
        for person in people:
            own = {name: person[name] or None for name in ABOUT if name in person}
            gradebook.update_or_create_student(student_id(person["id"]), **own)
    return len(people)


def import_deadlines(path: Path, course: Path = COURSE) -> int:
    """Enter when steps are due into the gradebook; return how many. ValueError for an unknown step."""
    dates = [(row["step"], parse_time(row["time"])) for row in read_table(path, "step", "time")]
    api = open_course(course)
    if unknown := {step for step, _ in dates} - set(api.get_source_assignments()):
        raise ValueError(f"{path.name} names {min(unknown)!r}, which is no step of this course.")
    with api.gradebook as gradebook:
        for step, due in dates:
            gradebook.update_or_create_assignment(step, duedate=due)
    return len(dates)


def import_times(path: Path, course: Path = COURSE) -> int:
    """Note when students handed in, all steps or the one that a row names; return how many were noted."""
    made = 0
    for row in read_table(path, "id", "time"):
        time = parse_time(row["time"])
        student = course / "submitted" / student_id(row["id"])
        for folder in sorted(student.glob(row.get("step") or "*")):
            (folder / "timestamp.txt").write_text(f"{time:%Y-%m-%d %H:%M:%S} UTC\n")
            made += 1
    return made


def parse_time(text: str) -> datetime:
    """Read a time as ISO 8601 has it, like 2026-11-27T23:59+01:00; return it in UTC, without saying so.

    ValueError where it names no time zone: nobody should lose points by an hour.
    """
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"The time {text!r} has no time zone; write it like 2026-11-27T23:59+01:00.")
    return (time - (time.utcoffset() or time - time)).replace(tzinfo=None)
