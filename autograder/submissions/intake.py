"""Collect submissions: one upload for each student, a folder or a zip with any of the notebooks.

Nothing is executed. Each notebook is read strictly, rebuilt on the pristine release and written to the
course's submitted folder. A file that cannot be accepted gets a reason and needs review; the others are
not affected.
"""

import hashlib
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from rich.progress import track

from autograder.submissions.archives import OtherKind, SubmittedFile
from autograder.submissions.exports import platform_number
from autograder.submissions.file_kinds import MODEL, is_model
from autograder.submissions.inbox import entries_of
from autograder.submissions.notebook_json import UnreadableFile, parse_notebook
from autograder.submissions.rebuild import Notebook, rebuild
from autograder.submissions.recognition import (
    Releases,
    answers_of,
    own_traits,
    step_by_cells,
    step_by_name,
)
from autograder.submissions.record import IntakeRecord, read_records, write_records
from autograder.submissions.store import store_file, store_notebook, submitted_folder
from autograder.submissions.student_ids import student_id
from autograder.workspace.run_lock import hold_course
from detrlab.checkpoint import TRAINED_IN
from detrlab.checks.text import printable

LONGEST_NAME = 300  # characters of a file's name that are shown


def collect(source: Path, course: Path, numbers: Mapping[str, str] | None = None) -> list[IntakeRecord]:
    """Collect every upload in a folder, or the export of a whole class, and write the intake records.

    Args:
        source: the folder, or the zip of a learning platform's export.
        course: the course folder.
        numbers: the ids of the students on the roster, by their number on a learning platform.

    Returns:
        a record of each file of this run.

    Raises:
        FileNotFoundError: if the source or the release is missing.
        ValueError: if the source contains the course folder.
        GradingStopped: if another run holds the course.
    """
    if not source.is_dir() and not zipfile.is_zipfile(source):
        raise FileNotFoundError(f"There is no folder and no zip {source} to collect from.")
    if course.resolve().is_relative_to(source.resolve()):
        raise ValueError(f"{source} holds the course itself; name the folder with what was handed in.")
    intake = Intake(course, numbers or {})
    uploads = source.iterdir() if source.is_dir() else [source]
    with hold_course(course):
        new = list(intake.take_all(sorted(path for path in uploads if not path.name.startswith("."))))
        # The records of a step are kept until it is submitted again.
        replaced = {(r.student, r.step) for r in new} | {(r.student, "") for r in new}
        kept = [
            record for record in read_records(course) if (record.student, record.step) not in replaced
        ]
        write_records(course, kept + new)
    return new


def read_releases(course: Path) -> Releases:
    """Return the pristine release of every step.

    Raises:
        FileNotFoundError: if the course has no release.
    """
    paths = sorted(course.glob("release/*/*.ipynb"))
    if not paths:
        raise FileNotFoundError(f"There is no release in {course}: python -m autograder release")
    return {path.stem: parse_notebook(path.read_bytes()) for path in paths}


class Intake:
    """Accept submissions for one course."""

    def __init__(self, course: Path, numbers: Mapping[str, str]):
        self.course, self.numbers, self.releases = course, numbers, read_releases(course)
        self.traits = own_traits(self.releases)

    def take_all(self, uploads: list[Path]) -> Iterator[IntakeRecord]:
        """Accept the files of every upload; yield a record of each file."""
        seen = set()
        for name, upload, files in track(list(entries_of(uploads)), "Intake"):
            shown_name = printable(upload, LONGEST_NAME)
            if not name:
                for file, why in files:
                    shown_name = printable(file, LONGEST_NAME)
                    yield IntakeRecord("", shown_name, reason=f"{why!s}.", needs_review=True)
                continue
            id_from_name = student_id(name)
            student = self.numbers.get(platform_number(name)) or id_from_name
            if student in seen:
                reason = f"is a second entry for {student}; the first one was taken."
                yield IntakeRecord(student, shown_name, reason=reason, needs_review=True)
                continue
            seen.add(student)
            if student != id_from_name and (self.course / "submitted" / id_from_name).is_dir():
                reason = (
                    f"counts for {student} now. What {id_from_name} handed in before stays: take it "
                    f"away with `nbgrader db student remove {id_from_name} --force`, and delete "
                    f"submitted/{id_from_name}."
                )
                yield IntakeRecord(id_from_name, shown_name, reason=reason, needs_review=True)
            yield from self.take_student(student, shown_name, files)

    def take_student(
        self, student: str, upload: str, files: Iterable[SubmittedFile]
    ) -> list[IntakeRecord]:
        """Accept the files of one student; return a record of each."""
        records: list[IntakeRecord] = []
        notebooks_by_step: dict[str, dict[str, Notebook]] = {}
        models: dict[str, bytes] = {}
        other_kinds: dict[str, UnreadableFile] = {}
        for name, content in ((printable(name, LONGEST_NAME), content) for name, content in files):
            try:
                if isinstance(content, UnreadableFile):
                    raise content
                if is_model(name):
                    models[name] = content
                    continue
                notebook = parse_notebook(content)
            except OtherKind as error:
                other_kinds[name] = error
                continue
            except UnreadableFile as error:
                step = step_by_name(name, self.releases)
                records.append(IntakeRecord(student, name, step, reason=f"{error}.", needs_review=True))
                continue
            named = step_by_name(name, self.releases)
            step = step_by_cells(notebook, self.traits, named)
            if step:
                notebooks_by_step.setdefault(step, {})[name] = notebook
            elif named:
                reason = f"is named like {named}, but holds none of its cells."
                records.append(IntakeRecord(student, name, reason=reason, needs_review=True))
            else:
                records.append(IntakeRecord(student, name, reason="is not a notebook of this course."))
        for step, notebooks in notebooks_by_step.items():
            records += self.take_step(student, step, notebooks)
        records += self.take_model(student, models)
        taken = {record.step for record in records if record.taken}
        for name, kind in other_kinds.items():
            step = step_by_name(name, self.releases)
            is_lost = step not in taken if step else not taken  # a copy beside its notebook is no loss
            records.append(IntakeRecord(student, name, step, reason=f"{kind}.", needs_review=is_lost))
        if not records:
            reason = "holds no notebook of this course."
            records.append(IntakeRecord(student, upload, reason=reason, needs_review=True))
        return records

    def take_step(self, student: str, step: str, files: dict[str, Notebook]) -> list[IntakeRecord]:
        """Accept the notebook of a step that holds most answers; of equals, the one named like the step.

        A person is asked where another one holds answers, too, and others than the accepted one.
        """
        release, records = self.releases[step], []
        rebuilt: dict[str, Notebook] = {}
        for name, notebook in files.items():
            try:
                rebuilt[name] = rebuild(notebook, release)
            except Exception as error:  # no file may stop the intake of the others
                reason = f"could not be rebuilt on the release ({type(error).__name__})."
                records.append(IntakeRecord(student, name, step, reason=reason, needs_review=True))
        if not rebuilt:
            return records
        answers = {name: answers_of(notebook, release) for name, notebook in rebuilt.items()}
        # `max` returns the first of equals: of several, the last one is taken.
        chosen = max(
            reversed(rebuilt), key=lambda name: (len(answers[name]), PurePosixPath(name).stem == step)
        )
        for name in (name for name in rebuilt if name != chosen):
            is_fuller = len(answers[chosen]) > len(answers[name])
            why = f"{chosen} holds more answers" if is_fuller else f"{chosen} was taken for this step"
            is_open = bool(answers[name]) and answers[name] != answers[chosen]
            reason = f"was left aside: {why}."
            records.append(IntakeRecord(student, name, step, False, reason, needs_review=is_open))
        remark = store_notebook(self.course, student, step, rebuilt[chosen])
        if named := step_by_name(chosen, [other for other in self.releases if other != step]):
            remark = f"is named like {named}, but holds the cells of {step}. {remark}".strip()
        record = IntakeRecord(student, chosen, step, True, remark, needs_review=bool(remark))
        return [*records, record]

    def take_model(self, student: str, models: dict[str, bytes]) -> list[IntakeRecord]:
        """Accept the trained model, the last of several; its content is checked when it is graded."""
        *others, chosen = models or [""]
        if not chosen or TRAINED_IN not in self.releases:
            return []
        folder = submitted_folder(self.course, student, TRAINED_IN)
        if not (folder / f"{TRAINED_IN}.ipynb").is_file():
            # nbgrader grades notebooks only: without one, the model is submitted with the release.
            store_notebook(self.course, student, TRAINED_IN, self.releases[TRAINED_IN])
        store_file(self.course, student, TRAINED_IN, MODEL, models[chosen])
        reason = f"was left aside: {chosen} was taken."
        left_aside = [
            IntakeRecord(student, name, TRAINED_IN, False, reason, models[name] != models[chosen])
            for name in others
        ]
        digest = hashlib.sha256(models[chosen]).hexdigest()
        return [*left_aside, IntakeRecord(student, chosen, TRAINED_IN, taken=True, digest=digest)]
