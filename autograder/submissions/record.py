"""The intake record: what became of each submitted file, kept in the course's folder."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder.workspace.files import read_json, write_json
from autograder.workspace.paths import intake_records_path

RECEIPTS = "receipts.json"  # what version 1.0 kept, under other names


@dataclass(frozen=True)
class IntakeRecord:
    """What became of one file: taken for a step or not, and why; `file` and `reason` make a sentence.

    Where somebody else's file has the same `digest`, it is the same file.
    """

    student: str
    file: str
    step: str = ""
    taken: bool = False
    reason: str = ""
    needs_review: bool = False
    digest: str = ""


def write_records(course: Path, records: Iterable[IntakeRecord]) -> None:
    """Keep the records of a course."""
    write_json(intake_records_path(course), {"records": [asdict(record) for record in records]})
    (course / RECEIPTS).unlink(missing_ok=True)


def read_records(course: Path) -> list[IntakeRecord]:
    """Read the records of a course; those that version 1.0 wrote, too."""
    records = read_json(intake_records_path(course)).get("records", [])
    for receipt in read_json(course / RECEIPTS).get("receipts", []):
        records.append(receipt | {"needs_review": receipt.pop("needs_person", False)})
    return [IntakeRecord(**record) for record in records]
