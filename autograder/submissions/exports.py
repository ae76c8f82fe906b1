"""Recognise a learning platform's export of a whole class by the names of its files."""

import re

# The student of a file, by platform; the number is the platform's own, or else the student's login.
FORMS = {
    # Ada Lovelace_123_assignsubmission_file/00.ipynb, or ..._file_00.ipynb if exported without folders.
    "moodle": re.compile(r"(?P<student>[^/]+_\d+)_assignsubmission_[a-z]+(?:_?/|_)."),
    # 123-678 - Ada Lovelace - 27 November, 2026 1159 PM/00.ipynb
    "brightspace": re.compile(r"(?P<number>\d+)-\d+ - (?P<student>[^/]+?) - [^/]*\d{3,4} [AP]M/."),
    # Step 0_lovelace_attempt_2026-11-27-23-59-59_00.ipynb, and what was written beside it as .txt
    "blackboard": re.compile(r"[^/]*_(?P<student>[^/_]+)_attempt_\d{4}(?:-\d\d){5}(?:_[^/]+|\.txt)$"),
    # lovelaceada_123_678_00.ipynb, lovelaceada_LATE_123_678_00.ipynb, anon_AbC12_678_00.ipynb
    "canvas": re.compile(
        r"(?:(?P<anonymous>anon_[A-Za-z0-9]+)(?:_LATE)?|(?P<student>[^/]+?)(?:_LATE)?_(?P<number>\d+))"
        r"_\d+_[^/]+$"
    ),
}
NUMBER = re.compile(r"_(\d+)$")  # ends a student's name in an export, as in lovelaceada_1042


def owners_of(names: list[str]) -> dict[str, str]:
    """Return the student of each file if most are named as one platform names them, else nothing.

    The files may lie in a folder of their own. What bears no student's name is left out.
    """
    tops = {name.partition("/")[0] for name in names}
    unpacked = {name: name.partition("/")[2] for name in names} if len(tops) == 1 else {}
    for inner_names in ({name: name for name in names}, unpacked):
        for form in FORMS.values():
            matches = {name: form.match(inner) for name, inner in inner_names.items()}
            owners = {name: student_of(match) for name, match in matches.items() if match}
            if len(owners) > len(names) / 2:
                return owners
    return {}


def student_of(match: re.Match[str]) -> str:
    """Return a student's name with the platform's number behind it."""
    groups = match.groupdict()
    parts = (groups.get("anonymous"), groups["student"], groups.get("number"))
    return "_".join(part for part in parts if part)


def owner_of_folder(name: str) -> str:
    """Return the student of an unpacked folder: by a platform's naming scheme, else the folder's name."""
    matches = (FORMS[platform].match(f"{name}/x") for platform in ("moodle", "brightspace"))
    return next((student_of(match) for match in matches if match), name)


def platform_number(name: str) -> str:
    """Return the number at the end of a student's name in an export; empty if there is none."""
    match = NUMBER.search(name)
    return match[1] if match else ""
