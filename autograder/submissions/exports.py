"""Recognise a class's submissions as learning platforms export them, by the names of the files."""

import re

# As exported: Ada Lovelace_123_assignsubmission_file/00.ipynb, or ..._file_00.ipynb where there are no
# folders; lovelaceada_LATE_45_678_00.ipynb.
MOODLE = re.compile(r"(?P<student>[^/]+_\d+)_assignsubmission_[a-z]+(?:_?/|_).")
CANVAS = re.compile(r"(?P<student>[^_/]+)_(?:LATE_)?(?P<number>\d+)_\d+_[^/]+$")
NUMBER = re.compile(r"_(\d+)$")  # at the end of a name in an export, like lovelaceada_1042


def owners_of(names: list[str]) -> dict[str, str]:
    """Return each file's student where the names are those of a platform's export; else nothing."""
    for pattern in (MOODLE, CANVAS):
        matches = {name: match for name in names if (match := pattern.match(name))}
        found = {name: "_".join(match.groups()) for name, match in matches.items()}
        if found and len(found) == len(names):
            return found
    return {}


def owner_of_folder(name: str) -> str:
    """Return whose an unpacked folder is: the student of Moodle's export, or the folder's name."""
    match = MOODLE.match(f"{name}/x")
    return match["student"] if match else name


def platform_number(name: str) -> str:
    """Return the number by which a platform knows the student of an export; empty where there is none."""
    match = NUMBER.search(name)
    return match[1] if match else ""
