"""Take in what students submit: one entry a student, a folder or a zip with any of the notebooks.

Nothing is executed. Each notebook is read strictly, rebuilt on the pristine release and written to the
course's submitted folder. What cannot be taken gets a reason and needs review; the rest goes on.
"""

import hashlib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from rich.progress import track

from autograder.submissions.archives import MODEL, Found, is_model
from autograder.submissions.exports import platform_number
from autograder.submissions.inbox import students_of
from autograder.submissions.notebook_json import UnreadableFile, parse_notebook
from autograder.submissions.rebuild import Notebook, SubmittedCell, rebuild
from autograder.submissions.record import IntakeRecord, read_records, write_records
from autograder.submissions.store import store_file, store_notebook, submitted_folder
from autograder.submissions.student_ids import student_id
from autograder.workspace.run_lock import hold_course
from detrlab.checkpoint import TRAINED_IN
from detrlab.checks.text import printable

Releases = dict[str, Notebook]
LONGEST = 300  # characters of a file's name that are shown


def collect(source: Path, course: Path, numbers: Mapping[str, str] | None = None) -> list[IntakeRecord]:
    """Take in every student's entry of a folder, or a class's export as a learning platform makes it.

    Args:
        source: the folder, or the export's zip.
        course: the folder of the course.
        numbers: the students on the roster, by the number that a learning platform knows them by.

    Raises:
        FileNotFoundError: where the source or the release is missing.
        ValueError: where the source holds the course itself.
        GradingStopped: where another run holds the course.
    """
    if not source.is_dir() and not zipfile.is_zipfile(source):
        raise FileNotFoundError(f"There is no folder and no zip {source} to collect from.")
    if course.resolve().is_relative_to(source.resolve()):
        raise ValueError(f"{source} holds the course itself; name the folder with what was handed in.")
    intake = Intake(course, numbers or {})
    entries = source.iterdir() if source.is_dir() else [source]
    with hold_course(course):
        new = list(intake.take_all(sorted(entry for entry in entries if not entry.name.startswith("."))))
        # What was wrong with a step stays until the step is submitted again.
        about = {(record.student, record.step) for record in new} | {(r.student, "") for r in new}
        kept = [record for record in read_records(course) if (record.student, record.step) not in about]
        write_records(course, kept + new)
    return new


def read_releases(course: Path) -> Releases:
    """Return the pristine release of every step. FileNotFoundError where there is none."""
    paths = sorted(course.glob("release/*/*.ipynb"))
    if not paths:
        raise FileNotFoundError(f"There is no release in {course}: python -m autograder release")
    return {path.stem: parse_notebook(path.read_bytes()) for path in paths}


class Intake:
    """Takes submissions into one course."""

    def __init__(self, course: Path, numbers: Mapping[str, str]):
        self.course, self.numbers, self.releases = course, numbers, read_releases(course)

    def take_all(self, entries: list[Path]) -> Iterator[IntakeRecord]:
        """Take in every student's files; yield what became of each."""
        seen = set()
        for entry in track(entries, "Intake"):
            shown = printable(entry.name, LONGEST)
            for name, files in students_of(entry, is_alone=len(entries) == 1):
                plain = student_id(name)
                student = self.numbers.get(platform_number(name)) or plain
                if student in seen:
                    reason = f"is a second entry for {student}; the first one was taken."
                    yield IntakeRecord(student, shown, reason=reason, needs_review=True)
                    continue
                seen.add(student)
                if student != plain and (self.course / "submitted" / plain).is_dir():
                    reason = (
                        f"counts for {student} now. What {plain} handed in before stays: take it away "
                        f"with `nbgrader db student remove {plain} --force`, and delete "
                        f"submitted/{plain}."
                    )
                    yield IntakeRecord(plain, shown, reason=reason, needs_review=True)
                yield from self.take_entry(student, shown, files)

    def take_entry(self, student: str, entry: str, files: Iterable[Found]) -> list[IntakeRecord]:
        """Take in one student's files."""
        records: list[IntakeRecord] = []
        found: dict[str, dict[str, Notebook]] = {}
        models: dict[str, bytes] = {}
        for name, content in ((printable(name, LONGEST), content) for name, content in files):
            try:
                if isinstance(content, UnreadableFile):
                    raise content
                if is_model(name):
                    models[name] = content
                    continue
                notebook = parse_notebook(content)
            except UnreadableFile as error:
                step = step_named(name, self.releases)
                records.append(IntakeRecord(student, name, step, reason=f"{error}.", needs_review=True))
                continue
            if step := step_named(name, self.releases) or step_alike(notebook, self.releases):
                found.setdefault(step, {})[name] = notebook
            else:
                records.append(IntakeRecord(student, name, reason="is not a notebook of this course."))
        for step, notebooks in found.items():
            records += self.take_step(student, step, notebooks)
        records += self.take_model(student, models)
        if not records:
            reason = "holds no notebook of this course."
            records.append(IntakeRecord(student, entry, reason=reason, needs_review=True))
        return records

    def take_step(self, student: str, step: str, files: dict[str, Notebook]) -> list[IntakeRecord]:
        """Take one of the files that are this step; the one with the step's own name, else the last."""
        named = [name for name in files if PurePosixPath(name).stem == step]
        chosen = (named or list(files))[-1]
        reason, is_unsure = f"was left aside: {chosen} was taken for this step.", len(named) != 1
        aside = [
            IntakeRecord(student, name, step, False, reason, is_unsure and files[name] != files[chosen])
            for name in files
            if name != chosen
        ]
        try:
            notebook = rebuild(files[chosen], self.releases[step])
            remark = store_notebook(self.course, student, step, notebook)
        except Exception as error:  # whatever one file holds, the next student's goes on
            reason = f"could not be rebuilt on the release ({type(error).__name__})."
            return [*aside, IntakeRecord(student, chosen, step, False, reason, needs_review=True)]
        return [*aside, IntakeRecord(student, chosen, step, True, remark, needs_review=bool(remark))]

    def take_model(self, student: str, models: dict[str, bytes]) -> list[IntakeRecord]:
        """Take the trained model; of several the last. It is looked at when it is graded."""
        *aside, chosen = models or [""]
        if not chosen or TRAINED_IN not in self.releases:
            return []
        folder = submitted_folder(self.course, student, TRAINED_IN)
        if not (folder / f"{TRAINED_IN}.ipynb").is_file():
            # nbgrader grades notebooks: without one, the model is graded in the untouched one.
            store_notebook(self.course, student, TRAINED_IN, self.releases[TRAINED_IN])
        store_file(self.course, student, TRAINED_IN, MODEL, models[chosen])
        reason = f"was left aside: {chosen} was taken."
        left = [
            IntakeRecord(student, name, TRAINED_IN, False, reason, models[name] != models[chosen])
            for name in aside
        ]
        digest = hashlib.sha256(models[chosen]).hexdigest()
        return [*left, IntakeRecord(student, chosen, TRAINED_IN, taken=True, digest=digest)]


def step_named(name: str, releases: Iterable[str]) -> str:
    """Say which step a file's name names; empty where it names none."""
    return next((step for step in releases if step in PurePosixPath(name).name), "")


def step_alike(notebook: Notebook, releases: Releases) -> str:
    """Say which step a renamed notebook is, by its cells; empty where it is none."""
    theirs = traits(notebook)
    shared = {step: len(theirs & traits(release)) for step, release in releases.items()}
    best = max(shared, key=lambda step: shared[step])
    return best if shared[best] >= 2 else ""


def traits(notebook: Notebook) -> set[str]:
    """Return what tells a step's notebook from another's: the names and texts of its cells."""
    cells = [SubmittedCell.from_json(cell) for cell in notebook["cells"]]
    marks = {cell.source.strip() for cell in cells} | {str(cell.grade_id) for cell in cells}
    return marks - {"", "None"}
