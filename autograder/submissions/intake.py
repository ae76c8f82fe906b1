"""Take in what students hand in: one entry a student, a folder or a zip with any of the notebooks.

Nothing is executed. Each notebook is read strictly, rebuilt on the pristine release and written to the
course's submitted folder. What cannot be taken gets a reason and waits for a person; the rest goes on.
"""

import functools
import hashlib
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from rich.progress import track

from autograder.submissions.inbox import MODEL, Found, is_model, students_of
from autograder.submissions.notebook_file import Unreadable, parse_notebook
from autograder.submissions.rebuild import Notebook, Written, rebuild
from autograder.workspace.records import read_json, receipts_path, write_json
from autograder.workspace.settings import COURSE, nbgrader_settings, open_course
from autograder.workspace.stopped import only_one
from detrlab.checkpoint import TRAINED_IN
from detrlab.checks.outcome import printable

Releases = dict[str, Notebook]
NUMBER = re.compile(r"_(\d+)$")  # at the end of a name in a platform's export, like lovelaceada_1042
LONGEST = 300  # characters of a file's name that are shown


@dataclass(frozen=True)
class Receipt:
    """What became of one file: taken for a step or not, and why; `file` and `reason` make a sentence.

    Where somebody else's file has the same `digest`, it is the same file.
    """

    student: str
    file: str
    step: str = ""
    taken: bool = False
    reason: str = ""
    needs_person: bool = False
    digest: str = ""


def collect(source: Path, course: Path = COURSE) -> list[Receipt]:
    """Take in every student's entry of a folder, or a class's export as a learning platform makes it.

    FileNotFoundError where that or the release is missing.
    """
    if not source.is_dir() and not zipfile.is_zipfile(source):
        raise FileNotFoundError(f"There is no folder and no zip {source} to collect from.")
    if course.resolve().is_relative_to(source.resolve()):
        raise ValueError(f"{source} holds the course itself; name the folder with what was handed in.")
    releases = read_releases(course)
    inside = source.iterdir() if source.is_dir() else [source]
    entries = sorted(entry for entry in inside if not entry.name.startswith("."))
    with only_one(course):
        new = list(collect_all(entries, course, releases))
        old = read_json(receipts_path(course)).get("receipts", [])
        # What was wrong with a step stays until the step is handed in again.
        about = {(receipt.student, receipt.step) for receipt in new} | {(r.student, "") for r in new}
        kept = [receipt for receipt in old if (receipt["student"], receipt["step"]) not in about]
        write_json(receipts_path(course), {"receipts": kept + [asdict(receipt) for receipt in new]})
    return new


def collect_all(entries: list[Path], course: Path, releases: Releases) -> Iterator[Receipt]:
    """Take in every student's files; yield what became of each."""
    numbers = functools.cache(platform_numbers)
    seen = set()
    for entry in track(entries, "Intake"):
        shown = printable(entry.name, LONGEST)
        for name, files in students_of(entry, is_alone=len(entries) == 1):
            number = NUMBER.search(name)
            plain = student_id(name)
            student = (number and numbers(course).get(number[1])) or plain
            if student in seen:
                reason = f"is a second entry for {student}; the first one was taken."
                yield Receipt(student, shown, reason=reason, needs_person=True)
                continue
            seen.add(student)
            if student != plain and (course / "submitted" / plain).is_dir():
                reason = (
                    f"counts for {student} now. What {plain} handed in before stays: take it away with "
                    f"`nbgrader db student remove {plain} --force`, and delete submitted/{plain}."
                )
                yield Receipt(plain, shown, reason=reason, needs_person=True)
            yield from collect_entry(student, shown, files, course, releases)


def platform_numbers(course: Path) -> dict[str, str]:
    """Return the students in the gradebook by the number that a learning platform knows them by."""
    elsewhere = "db_url" in nbgrader_settings(course).CourseDirectory
    if not elsewhere and not (course / "gradebook.db").is_file():
        return {}
    with open_course(course).gradebook as gradebook:
        return {one.lms_user_id: one.id for one in gradebook.students if one.lms_user_id}


def read_releases(course: Path) -> Releases:
    """Return the pristine release of every step."""
    paths = sorted(course.glob("release/*/*.ipynb"))
    if not paths:
        raise FileNotFoundError(f"There is no release in {course}: python -m autograder release")
    return {path.stem: parse_notebook(path.read_bytes()) for path in paths}


def student_id(name: str) -> str:
    """Turn a folder's name into an id that is safe in paths and URLs; different names stay different."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    safe = re.sub(r"[^A-Za-z0-9._@-]+", "_", ascii_name).strip("._-")[:60]
    if safe == name:
        return name
    return f"{safe or 'student'}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:6]}"


def collect_entry(
    student: str, entry: str, handed_in: Iterable[Found], course: Path, releases: Releases
) -> list[Receipt]:
    """Take in one student's files."""
    receipts: list[Receipt] = []
    found: dict[str, dict[str, Notebook]] = {}
    models: dict[str, bytes] = {}
    for name, content in ((printable(name, LONGEST), content) for name, content in handed_in):
        try:
            if isinstance(content, Unreadable):
                raise content
            if is_model(name):
                models[name] = content
                continue
            notebook = parse_notebook(content)
        except Unreadable as error:
            step = step_named(name, releases)
            receipts.append(Receipt(student, name, step, reason=f"{error}.", needs_person=True))
            continue
        if step := step_named(name, releases) or step_alike(notebook, releases):
            found.setdefault(step, {})[name] = notebook
        else:
            receipts.append(Receipt(student, name, reason="is not a notebook of this course."))
    for step, files in found.items():
        receipts += take_step(student, step, files, course, releases[step])
    receipts += take_model(student, models, course, releases)
    if not receipts:
        reason = "holds no notebook of this course."
        receipts.append(Receipt(student, entry, reason=reason, needs_person=True))
    return receipts


def take_step(
    student: str, step: str, files: dict[str, Notebook], course: Path, release: Notebook
) -> list[Receipt]:
    """Take one of the files that are this step; the one with the step's own name, else the last."""
    named = [name for name in files if PurePosixPath(name).stem == step]
    chosen = (named or list(files))[-1]
    reason, in_doubt = f"was left aside: {chosen} was taken for this step.", len(named) != 1
    aside = [
        Receipt(student, name, step, False, reason, in_doubt and files[name] != files[chosen])
        for name in files
        if name != chosen
    ]
    try:
        remark = write_submission(course, student, step, rebuild(files[chosen], release))
    except Exception as error:  # whatever one file holds, the next student's goes on
        reason = f"could not be rebuilt on the release ({type(error).__name__})."
        return [*aside, Receipt(student, chosen, step, False, reason, needs_person=True)]
    return [*aside, Receipt(student, chosen, step, True, remark, needs_person=bool(remark))]


def take_model(student: str, models: dict[str, bytes], course: Path, releases: Releases) -> list[Receipt]:
    """Take the trained model; of several the last. It is looked at when it is graded."""
    *aside, chosen = models or [""]
    if not chosen or TRAINED_IN not in releases:
        return []
    folder = course / "submitted" / student / TRAINED_IN
    if not (folder / f"{TRAINED_IN}.ipynb").is_file():
        # nbgrader grades notebooks: without one of their own, the model is graded in the untouched one.
        write_submission(course, student, TRAINED_IN, releases[TRAINED_IN])
    if not (folder / MODEL).is_file() or (folder / MODEL).read_bytes() != models[chosen]:
        (folder / MODEL).write_bytes(models[chosen])
        forget_grading(course, student, TRAINED_IN)
    reason = f"was left aside: {chosen} was taken."
    left = [
        Receipt(student, name, TRAINED_IN, False, reason, models[name] != models[chosen])
        for name in aside
    ]
    digest = hashlib.sha256(models[chosen]).hexdigest()
    return [*left, Receipt(student, chosen, TRAINED_IN, taken=True, digest=digest)]


def step_named(name: str, releases: Iterable[str]) -> str:
    """Say which step a file's name names; empty where it names none."""
    return next((step for step in releases if step in PurePosixPath(name).name), "")


def step_alike(notebook: Notebook, releases: Releases) -> str:
    """Say which step a renamed notebook is, by its cells; empty where it is none."""
    theirs = fingerprints(notebook)
    shared = {step: len(theirs & fingerprints(release)) for step, release in releases.items()}
    best = max(shared, key=lambda step: shared[step])
    return best if shared[best] >= 2 else ""


def fingerprints(notebook: Notebook) -> set[str]:
    """Return what tells a step's notebook from another's: the names and texts of its cells."""
    cells = [Written.from_json(cell) for cell in notebook["cells"]]
    marks = {cell.source.strip() for cell in cells} | {str(cell.grade_id) for cell in cells}
    return marks - {"", "None"}


def write_submission(course: Path, student: str, step: str, notebook: Notebook) -> str:
    """Write a rebuilt notebook; where it is new, what was graded before no longer counts as graded.

    Returns what somebody should know about it.
    """
    path = course / "submitted" / student / step / f"{step}.ipynb"
    if read_json(path) != notebook:
        write_json(path, notebook)
        forget_grading(course, student, step)
    time = path.with_name("timestamp.txt")
    if time.is_file() and time.stat().st_mtime_ns < path.stat().st_mtime_ns:
        return "is new, but its time is still that of the one before: `times` tells when it came."
    return ""


def forget_grading(course: Path, student: str, step: str) -> None:
    """Have nbgrader grade a submission again: it skips what it finds here. Scores stay until then."""
    shutil.rmtree(course / "autograded" / student / step, ignore_errors=True)
