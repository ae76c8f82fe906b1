"""Recognise a learning platform's export of a whole class by the names of its files."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from autograder.submissions.inbox.kinds import is_zip, why_rubbish

# What a platform puts before the name of a file; the number is the platform's own, or else the
# student's login. What a student has written comes last, so that a form is matched as early as possible.
FORMS = {
    # Ada Lovelace_123_assignsubmission_file/00.ipynb, or ..._file_00.ipynb if exported without folders.
    "moodle": re.compile(
        r"(?P<student>[^/]+?)_(?P<number>\d+)_assignsubmission_(?P<part>[a-z]+)(?:_?/|_)."
    ),
    # 123-678 - Ada Lovelace - 27 November, 2026 1159 PM/00.ipynb
    "brightspace": re.compile(
        r"(?P<number>\d+)-\d+ - (?P<student>[^/]+) - [^/]*\d{3,4}(?: ?[AP]\.?M\.?)?/.", re.IGNORECASE
    ),
    # Step 0_lovelace_attempt_2026-11-27-23-59-59_00.ipynb, and what was written beside it as .txt
    "blackboard": re.compile(
        r"(?P<student>[^/_]*_[^/]+?)_attempt_\d{4}(?:-\d\d){5}(?:_[^/]+|(?P<part>\.txt))(?:/|$)"
    ),
    # lovelaceada_123_678_00.ipynb, lovelaceada_LATE_123_678_00.ipynb, anon_AbC12_678_00.ipynb
    "canvas": re.compile(
        r"(?:(?P<anonymous>anon_[A-Za-z0-9]+)(?:_LATE)?|(?P<student>[^/]+?)(?:_LATE)?_(?P<number>\d+))"
        r"_\d+_[^/]+(?:/|$)"
    ),
}
TITLES = {platform: platform.capitalize() for platform in FORMS}
FOLDERS = "folders"  # a class that was packed as one, with a folder or zip for each student
MOST_FOLDERS = 10  # that an export is packed into, one in the other
LONGEST_PART = 255  # characters of a name that a file system allows
# A name in which a student may have written the form once more: it does not tell whose the file is.
TWICE = re.compile(r"_\d+_assignsubmission_.*_\d+_assignsubmission_")
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


UNCLEAR = Owner("")  # of a file that may be of several students


def owners_of(
    candidates: Collection[str], names: Collection[str], platform: str = "", top: str = ""
) -> dict[str, Owner]:
    """Return the owner of each file that is named as a platform names it; none if it is no export.

    A platform names what lies at the top of its export; whatever lies deeper, a student has named. Files
    of other forms are left out: one strange file does not turn a class into one person.

    Args:
        candidates: paths of the files that are read; they tell which platform it is.
        names: paths of all files.
        platform: whose form alone counts; by default that of most candidates.
        top: the folder or zip that holds them all, with a slash behind it; empty for an inbox.
    """
    forms = [platform] if platform else list(FORMS)
    tops = {form: tops_of(set(candidates), form, top, bool(platform)) for form in forms}
    best = max(tops, key=lambda form: len(owners_below(tops[form], candidates, form)))
    return owners_below(tops[best], [name for name in names if not why_rubbish(name)], best)


def owners_below(tops: Collection[str], names: Iterable[str], platform: str) -> dict[str, Owner]:
    """Return the owners of the files that are named in a platform's form from one of the tops on."""
    paths = {name: path_below(tops, name) for name in names}
    found = {name: owner_of(path, platform) for name, path in paths.items() if path}
    owners = {name: owner for name, owner in found.items() if owner}
    if platform == "blackboard":
        logins = logins_of({owner.name for owner in owners.values()})
        owners = {name: replace(owner, name=logins[owner.name]) for name, owner in owners.items()}
    return {name: owner if owner.name else UNCLEAR for name, owner in owners.items()}


def path_below(tops: Collection[str], name: str) -> str:
    """Return a path from the first of the tops on that it lies below; empty if it lies below none."""
    end = 0
    for _ in range(MOST_FOLDERS + 2):
        if name[:end] in tops:
            return name[end:]
        end = name.find("/", end) + 1
        if not end:
            break
    return ""


def tops_of(candidates: Collection[str], platform: str, top: str, is_said: bool) -> set[str]:
    """Return the folders or zips whose content a platform has named; none if this is no export.

    Args:
        candidates: paths of the files that are read.
        platform: whose form is looked for.
        top: the folder or zip that holds them all, with a slash behind it; empty for an inbox.
        is_said: whether it is said to be this platform's export; else no folder or zip of another form
            may lie beside those of the form: that would be a class in which one student has taken it.
    """
    children: dict[str, list[str]] = {}
    for path in (path for path in candidates if path.startswith(top)):
        children.setdefault(path[len(top) :].partition("/")[0], []).append(path)
    named = {
        child
        for child, paths in children.items()
        if all(owner_of(path[len(top) :], platform) for path in paths)
    }
    closed = [
        child
        for child, paths in children.items()
        if child not in named and (is_zip(child) or paths != [f"{top}{child}"])
    ]
    if named:
        # Students number their files, too.
        is_generic = platform == "canvas" and not is_said and 2 * len(named) < len(children)
        return set() if is_generic or (closed and not is_said) else {top}
    if not top or not closed or top.count("/") > MOST_FOLDERS:
        return set()
    inner = [tops_of(children[child], platform, f"{top}{child}/", is_said) for child in closed]
    return set().union(*inner) if all(inner) else set()


def owner_of(path: str, platform: str) -> Owner | None:
    """Return the owner of a file whose path begins in a platform's form; UNCLEAR of several."""
    part, slash, _ = path.partition("/")
    match = FORMS[platform].match(f"{part}/x" if slash else part) if len(part) <= LONGEST_PART else None
    if not match:
        return None
    if TWICE.search(part):
        return UNCLEAR
    groups = match.groupdict()
    return Owner(groups.get("anonymous") or groups["student"], groups.get("number") or "", platform)


def logins_of(names: Collection[str]) -> dict[str, str]:
    """Return the login in each name that Blackboard makes of an assignment's title and a login.

    Both may have underscores. A title is what several names begin with; a login is empty where no title
    is known and there is more than one underscore.
    """
    counts = Counter(name.rpartition("_")[0] for name in names)
    logins = {}
    for name in names:
        places = [place for place, sign in enumerate(name) if sign == "_"]
        known = (place for place in places if counts[name[:place]] > 1)
        place = next(known, places[0] if len(places) == 1 else len(name))
        logins[name] = name[place + 1 :]
    return logins


def platforms_own(path: str) -> str:
    """Return why a file is the platform's own and no student's work; empty if it is not one.

    Args:
        path: the file's, in an export.
    """
    *folders, file = path.split("/")
    for part in (*(f"{folder}/x" for folder in folders), file):
        found = (
            FORMS[form].match(part) for form in ("moodle", "blackboard") if len(part) <= LONGEST_PART
        )
        for match in filter(None, found):
            if match["part"] in ("onlinetext", "comments", ".txt"):
                return TEXT_FIELD
    if any(PLATFORMS_FOLDER.fullmatch(folder) for folder in folders):
        return "lies among the files that a teacher gave back"
    return "is the platform's list" if LIST.fullmatch(file) else ""


def is_test_student(name: str) -> bool:
    """Say whether a name is that of a teacher's test account, and no person's."""
    return bool(TEST_STUDENT.fullmatch(name.strip()))
