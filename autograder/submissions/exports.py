"""Recognise a learning platform's export of a whole class by the names of its files."""

import re

# Moodle: Ada Lovelace_123_assignsubmission_file/00.ipynb, or ..._file_00.ipynb if exported without
# folders. Canvas: lovelaceada_LATE_45_678_00.ipynb.
MOODLE = re.compile(r"(?P<student>[^/]+_\d+)_assignsubmission_[a-z]+(?:_?/|_).")
CANVAS = re.compile(r"(?P<student>[^_/]+)_(?:LATE_)?(?P<number>\d+)_\d+_[^/]+$")
NUMBER = re.compile(r"_(\d+)$")  # ends a student's name in an export, as in lovelaceada_1042


def owners_of(names: list[str]) -> dict[str, str]:
    """Return the student of each file if all names are those of one platform's export, else nothing."""
    for pattern in (MOODLE, CANVAS):
        matches = {name: match for name in names if (match := pattern.match(name))}
        owners = {name: "_".join(match.groups()) for name, match in matches.items()}
        if owners and len(owners) == len(names):
            return owners
    return {}


def owner_of_folder(name: str) -> str:
    """Return the student of an unpacked folder: by Moodle's naming scheme, else the folder's name."""
    match = MOODLE.match(f"{name}/x")
    return match["student"] if match else name


def platform_number(name: str) -> str:
    """Return the number at the end of a student's name in an export; empty if there is none."""
    match = NUMBER.search(name)
    return match[1] if match else ""
