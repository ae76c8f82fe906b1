"""Collect submissions: a folder or a zip for each student, or a platform's export of the class.

Nothing is executed. Each notebook is read strictly, rebuilt on the pristine release and written to the
course's submitted folder. A file that cannot be accepted gets a reason and needs review; the others are
not affected.
"""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import track

from autograder.submissions.inbox.entries import Entry, MaySplit, entries_of
from autograder.submissions.inbox.exports import FOLDERS, FORMS, Owner
from autograder.submissions.inbox.files import ByteBudget, Ignored, at_most
from autograder.submissions.inbox.uploads import Upload
from autograder.submissions.notebook_json import UnreadableFile, parse_notebook
from autograder.submissions.recognition import Releases
from autograder.submissions.record import (
    INBOX,
    IntakeRecord,
    Outcome,
    read_records,
    write_records,
)
from autograder.submissions.store import Store
from autograder.submissions.student_ids import Roster, letters, student_id
from autograder.submissions.students import StudentIntake
from autograder.workspace.paths import NOTEBOOKS
from autograder.workspace.run_lock import hold_course
from detrlab.display import printable

LONGEST_NAME = 300  # characters of a file's name that are shown
NOTHING = "holds no notebook of this course."
NO_RELEASE = "There is no release in {}: python -m autograder release"


def collect(
    source: Path,
    course: Path,
    roster: Roster | None = None,
    platform: str = "",
    may_split: MaySplit | None = None,
) -> list[IntakeRecord]:
    """Collect every upload in a folder, or the export of a whole class, and write the intake records.

    Args:
        source: the folder, or the zip of a learning platform's export.
        course: the course folder.
        roster: the students of the class, if they are known.
        platform: whose export everything is, of FORMS, or FOLDERS for a class that was packed as one.
        may_split: asked about what looks like the export of a class (`entries_of`).

    Returns:
        what became of each file.

    Raises:
        FileNotFoundError: if the source or the release is missing.
        ValueError: if the source contains the course folder, or there is no such platform.
        GradingStopped: if another run holds the course.
    """
    uploads = uploads_in(source, course, platform)
    releases = read_releases(course.glob("release/*/*.ipynb"))
    if not releases:
        raise FileNotFoundError(NO_RELEASE.format(course))
    intake = Intake(Store(course), releases, roster or Roster())
    with hold_course(course):
        records = list(intake.take_all(uploads, platform, may_split))
        new = [record for record in records if record.outcome != Outcome.IGNORED or record.step]
        # The records of a step are kept until it is submitted again.
        replaced = {(r.student, r.step) for r in new} | {(r.student, "") for r in new}
        kept = [
            record for record in read_records(course) if (record.student, record.step) not in replaced
        ]
        write_records(course, kept + new)
    return records


def preview(
    source: Path,
    course: Path,
    roster: Roster | None = None,
    platform: str = "",
    may_split: MaySplit | None = None,
) -> list[IntakeRecord]:
    """Return the records that `collect` would make, those of ignored files too; write nothing.

    A course that has no release yet is taken to have the notebooks that are published.

    Raises:
        FileNotFoundError: if the source is missing.
        ValueError: if the source contains the course folder, or there is no such platform.
    """
    uploads = uploads_in(source, course, platform)
    releases = read_releases(course.glob("release/*/*.ipynb")) or read_releases(NOTEBOOKS.glob("*.ipynb"))
    intake = Intake(Store(course, writes=False), releases, roster or Roster())
    return list(intake.take_all(uploads, platform, may_split))


def uploads_in(source: Path, course: Path, platform: str) -> list[Upload]:
    """Return what lies in an inbox.

    Raises:
        FileNotFoundError, ValueError: as `collect` says.
    """
    if platform not in ("", FOLDERS, *FORMS):
        raise ValueError(f"{platform!r} is no platform; these are: {', '.join(sorted(FORMS))}.")
    if not source.is_dir() and not zipfile.is_zipfile(source):
        raise FileNotFoundError(f"There is no folder and no zip {source} to collect from.")
    if course.resolve().is_relative_to(source.resolve()):
        raise ValueError(f"{source} holds the course itself; name the folder with what was handed in.")
    return [Upload(path) for path in (sorted(source.iterdir()) if source.is_dir() else [source])]


def read_releases(paths: Iterable[Path]) -> Releases:
    """Return the pristine release of every step."""
    return {path.stem: parse_notebook(path.read_bytes()) for path in sorted(paths)}


class Intake:
    """Accept submissions for one course."""

    def __init__(self, store: Store, releases: Releases, roster: Roster):
        self.store, self.roster = store, roster
        self.students = StudentIntake(store, releases)

    def take_all(
        self, uploads: list[Upload], platform: str, may_split: MaySplit | None
    ) -> Iterator[IntakeRecord]:
        """Accept the files of every upload; yield a record of each file."""
        entries: dict[str, list[Entry]] = {}
        labels: dict[tuple[str, str], str] = {}  # a student keeps the name of the first export
        for entry in entries_of(uploads, platform, may_split, self.knows if self.roster.ids else None):
            if entry.owner is None:
                yield from nobodys(entry)
                continue
            owner = entry.owner
            key = owner.platform, owner.number or owner.label
            label = labels.setdefault(key, owner.label)
            entries.setdefault(self.roster.student(label, owner.number), []).append(entry)
        yield from self.questions_about_people(entries)
        to_do, screen = list(entries.items()), Console(stderr=True)
        for student, own in track(to_do, "Intake", console=screen, disable=not self.store.writes):
            yield from self.take_student(student, own)

    def take_student(self, student: str, entries: list[Entry]) -> Iterator[IntakeRecord]:
        """Accept the files of one student from all uploads; yield a record of each."""
        budget, prefix = ByteBudget(), len(entries) > 1
        files = (
            (record_of(student, entry, path, prefix), content)
            for entry in entries
            for path, content in at_most(entry.files(budget))
        )
        records = self.students.take(files)
        yield from records
        if all(record.outcome == Outcome.IGNORED for record in records):
            upload = printable(entries[0].upload, LONGEST_NAME)
            yield IntakeRecord(student, upload, reason=NOTHING, needs_review=True)

    def knows(self, owner: Owner) -> bool:
        """Say whether the roster has a student."""
        return self.roster.student(owner.label, owner.number) in self.roster.ids

    def questions_about_people(self, entries: dict[str, list[Entry]]) -> Iterator[IntakeRecord]:
        """Yield what is doubtful about who somebody is, so that nobody is two students or another one."""
        by_letters: dict[str, list[str]] = {}
        for student, own in entries.items():
            owner, upload = own[0].owner or Owner(student), printable(own[0].upload, LONGEST_NAME)
            by_letters.setdefault(letters(owner.name), []).append(student)
            for reason in [*self.doubts(student, owner), *several_names(own)]:
                yield IntakeRecord(student, upload, reason=reason, needs_review=True)
            earlier = student_id(owner.label)
            if earlier not in entries and earlier in self.store.students():
                reason = (
                    f"counts for {student} now. What {earlier} handed in before stays: take it away with "
                    f"`nbgrader db student remove {earlier} --force`, and delete submitted/{earlier}."
                )
                yield IntakeRecord(earlier, upload, reason=reason, needs_review=True)
        for students in by_letters.values():
            unknown = [student for student in students if student not in self.roster.ids]
            for student in unknown if len(students) > 1 else ():
                others = ", ".join(other for other in students if other != student)
                upload = printable(entries[student][0].upload, LONGEST_NAME)
                reason = f"may be of the same person as {others}: the names have the same letters."
                yield IntakeRecord(student, upload, reason=reason, needs_review=True)

    def doubts(self, student: str, owner: Owner) -> Iterator[str]:
        """Yield what is doubtful about one student who is not on the roster, if there is one."""
        if student in self.roster.ids or not self.roster.ids:
            return
        number = owner.number or owner.label
        if zeros := self.roster.lost_zeros(number):
            yield (
                f"is of {number}, and the roster has {zeros}: a spreadsheet may have taken zeros away; "
                "import the list as it was downloaded."
            )
        elif owner.platform or self.roster.is_list:
            yield f"is of {owner.label}, who is not on the roster."


def several_names(entries: list[Entry]) -> Iterator[str]:
    """Yield that a student goes by several names in one platform's exports, or in folders, if so.

    A platform may put a group before a name.
    """
    names: dict[str, dict[str, str]] = {}
    for owner in (entry.owner for entry in entries if entry.owner):
        names.setdefault(owner.platform, {}).setdefault(letters(owner.name), owner.name)
    for known in names.values():
        shortest = min(known, key=len)
        for other in (known[name] for name in known if shortest not in name):
            both = f"{known[shortest]} and {other}"
            yield f"is of one student by its number, and of {both} by its names: look whose it is."


def record_of(student: str, entry: Entry, path: str, is_whole_path: bool) -> IntakeRecord:
    """Return the record of a file before it is looked at.

    Args:
        student: the id of its owner; empty if it is nobody's.
        entry: what it was found in.
        path: its path in the inbox.
        is_whole_path: whether it is called by its whole path, or by that in its upload.
    """
    name = path if is_whole_path else path.removeprefix(f"{entry.upload}/")
    # A name that is not UTF-8 has its bytes written out.
    shown_path = path.encode("utf-8", "backslashreplace").decode()
    route = (entry.owner.platform if entry.owner else "") or INBOX
    shown_name = printable(name, LONGEST_NAME)
    return IntakeRecord(student, shown_name, path=shown_path, because=entry.because, route=route)


def nobodys(entry: Entry) -> Iterator[IntakeRecord]:
    """Yield records of what is nobody's."""
    if entry.problem:
        upload = printable(entry.upload, LONGEST_NAME)
        yield IntakeRecord("", upload, reason=f"{entry.problem}.", needs_review=True, refused=True)
    for path, content in at_most(entry.files(ByteBudget())):
        if isinstance(content, UnreadableFile):
            record = replace(record_of("", entry, path, True), reason=f"{content}.")
            is_refused = not isinstance(content, Ignored)
            # What is wrong with all of them is told once.
            review = is_refused and not entry.problem
            yield replace(record, needs_review=review, refused=is_refused)
