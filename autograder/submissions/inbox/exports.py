"""Recognise a learning platform's export of a whole class by the names of its files."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from autograder.submissions.inbox.kinds import why_rubbish

# What a platform puts before the name of a file; the number is the platform's own, or else the
# student's login. Nothing but Canvas's form is ever found in what one student hands in.
FORMS = {
    # Ada Lovelace_123_assignsubmission_file/00.ipynb, or ..._file_00.ipynb if exported without folders.
    "moodle": re.compile(
        r"(?P<student>[^/]+)_(?P<number>\d+)_assignsubmission_(?P<part>[a-z]+)(?:_?/|_)."
    ),
    # 123-678 - Ada Lovelace - 27 November, 2026 1159 PM/00.ipynb
    "brightspace": re.compile(
        r"(?P<number>\d+)-\d+ - (?P<student>[^/]+) - [^/]*\d{3,4}(?: ?[AP]\.?M\.?)?/.", re.IGNORECASE
    ),
    # Step 0_lovelace_attempt_2026-11-27-23-59-59_00.ipynb, and what was written beside it as .txt
    "blackboard": re.compile(
        r"[^/]*_(?P<student>[^/_]+)_attempt_\d{4}(?:-\d\d){5}(?:_[^/]+|(?P<part>\.txt))(?:/|$)"
    ),
    # lovelaceada_123_678_00.ipynb, lovelaceada_LATE_123_678_00.ipynb, anon_AbC12_678_00.ipynb
    "canvas": re.compile(
        r"(?:(?P<anonymous>anon_[A-Za-z0-9]+)(?:_LATE)?|(?P<student>[^/]+?)(?:_LATE)?_(?P<number>\d+))"
        r"_\d+_[^/]+(?:/|$)"
    ),
}
TITLES = {platform: platform.capitalize() for platform in FORMS}
FOLDERS = ("moodle", "brightspace")  # make a folder for each student
# What platforms put beside the files: what was typed into a text field, and lists.
TEXT_FIELD = "is what was typed into the platform's text field; nothing of it is graded"
LIST = re.compile(
    r"(?:index|feedback|comments|grades|grading|manifest)[^/]*\.(?:html?|csv|txt|xlsx?)", re.IGNORECASE
)
PLATFORMS_FOLDER = re.compile(r"(?:feedback files?|graded files?|returned files?)(?: \d+)?", re.I)
# Accounts that teachers use to see a course as students do.
TEST_STUDENT = re.compile(
    r"(?:student,? ?test|test ?student|teststudent|studenttest|student,? ?(?:demo|preview)"
    r"|(?:demo|preview) ?student|previewuser|[\w.]+_previewuser)",
    re.IGNORECASE,
)


@dataclass(frozen=True, order=True)
class Owner:
    """A student as a platform's export names them.

    Attributes:
        name: what the platform calls the student.
        number: its number of the student; empty where it gives none.
        platform: which one it is.
    """

    name: str
    number: str = ""
    platform: str = ""

    @property
    def label(self) -> str:
        """The name with the number behind it, as a student is called without a roster."""
        return "_".join(filter(None, (self.name, self.number)))


def owners_of(candidates: Iterable[str], names: Iterable[str], platform: str = "") -> dict[str, Owner]:
    """Return the owner of each file that is named as a platform names it; none if it is no export.

    The files may lie in folders. Files of other forms are left out: one strange file does not turn a
    class into one person.

    Args:
        candidates: paths of the files that are read; they tell which platform it is.
        names: paths of all files.
        platform: whose form alone counts; by default that of most candidates.
    """
    candidates = list(candidates)
    counts = {
        form: sum(owner_of(name, form) is not None for name in candidates)
        for form in ([platform] if platform else FORMS)
    }
    best = max(counts, key=lambda form: counts[form])
    is_generic = best == "canvas" and not platform  # students may number files, too
    if not counts[best] or (is_generic and 2 * counts[best] < len(candidates)):
        return {}
    owners = {name: owner_of(name, best) for name in names if not why_rubbish(name)}
    return {name: owner for name, owner in owners.items() if owner}


def owner_of(path: str, platform: str) -> Owner | None:
    """Return the owner of a file by the first part of its path that has a platform's form."""
    parts = path.split("/")
    for place in range(len(parts)):
        match = FORMS[platform].match("/".join(parts[place:]))
        if match:
            groups = match.groupdict()
            name = groups.get("anonymous") or groups["student"]
            return Owner(name, groups.get("number") or "", platform)
    return None


def owner_of_folder(name: str) -> Owner:
    """Return the student of an unpacked folder: by a platform's naming scheme, else the folder's name."""
    owners = (owner_of(f"{name}/x", platform) for platform in FOLDERS)
    return next(filter(None, owners), Owner(name))


def platforms_own(path: str) -> str:
    """Return why a file is the platform's own and no student's work; empty if it is not one.

    Args:
        path: the file's, in an export.
    """
    for platform in ("moodle", "blackboard"):
        match = next(filter(None, map(FORMS[platform].match, tails(path))), None)
        if match and match.groupdict().get("part") in ("onlinetext", "comments", ".txt"):
            return TEXT_FIELD
    *folders, file = path.split("/")
    if any(PLATFORMS_FOLDER.fullmatch(folder) for folder in folders):
        return "lies among the files that a teacher gave back"
    return "is the platform's list" if LIST.fullmatch(file) else ""


def tails(path: str) -> list[str]:
    """Return a path from each of its parts on."""
    parts = path.split("/")
    return ["/".join(parts[place:]) for place in range(len(parts))]


def is_test_student(name: str) -> bool:
    """Say whether a name is that of a teacher's test account, and no person's."""
    return bool(TEST_STUDENT.fullmatch(name.strip()))
