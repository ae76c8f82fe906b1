"""Intake records: what became of each submitted file, kept in the course folder."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from autograder.workspace.files import read_json, write_json
from autograder.workspace.paths import intake_records_path

INBOX = "inbox"  # the route of a folder or zip that is called like its student
RECEIPTS = "receipts.json"  # the intake records of version 1.0


class Outcome(StrEnum):
    """What became of a file, in a word."""

    TAKEN = "taken"
    QUESTION = "question"  # a person has to decide, whether it was taken for now or not
    REFUSED = "refused"  # it cannot be read, or is nobody's
    IGNORED = "ignored"  # it is no work of a student's, or a copy of what was taken


@dataclass(frozen=True)
class IntakeRecord:
    """What became of one submitted file.

    Attributes:
        student: the id of its owner.
        file: its name.
        step: the step that it belongs to; empty if unknown.
        taken: whether it was accepted for the step.
        reason: why it was not accepted, or needs review; continues from the file's name.
        needs_review: whether a person has to decide.
        digest: SHA-256 of a trained model, in hex.
        path: its path in the inbox, with zips as folders; empty of what is said of a student.
        because: why it is that student's and of that step.
        refused: whether it cannot be read, or is nobody's.
        route: how it came: the platform in whose export it was, or INBOX.
    """

    student: str
    file: str
    step: str = ""
    taken: bool = False
    reason: str = ""
    needs_review: bool = False
    digest: str = ""
    path: str = ""
    because: str = ""
    refused: bool = False
    route: str = ""

    @property
    def outcome(self) -> Outcome:
        """What became of the file, in a word."""
        if self.refused:
            return Outcome.REFUSED
        if self.needs_review:
            return Outcome.QUESTION
        return Outcome.TAKEN if self.taken else Outcome.IGNORED


def write_records(course: Path, records: Iterable[IntakeRecord]) -> None:
    """Write the intake records of a course."""
    write_json(intake_records_path(course), {"records": [asdict(record) for record in records]})
    (course / RECEIPTS).unlink(missing_ok=True)


def read_records(course: Path) -> list[IntakeRecord]:
    """Read the intake records of a course, including those that version 1.0 wrote."""
    records = read_json(intake_records_path(course)).get("records", [])
    for receipt in read_json(course / RECEIPTS).get("receipts", []):
        records.append(receipt | {"needs_review": receipt.pop("needs_person", False)})
    return [IntakeRecord(**record) for record in records]
