"""What becomes of each file of an inbox, as a table for a terminal or as JSON."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from rich import box
from rich.table import Table
from rich.text import Text

from autograder.submissions.record import IntakeRecord, Outcome
from detrlab.display import printable

# Of several records of one file, the outcome that stands first here is shown.
ORDER = (Outcome.QUESTION, Outcome.REFUSED, Outcome.TAKEN, Outcome.IGNORED)
LONGEST_PATH = 300  # characters that are shown


@dataclass(frozen=True)
class IntakeRow:
    """What becomes of one file.

    Attributes:
        path: its path in the inbox, with zips as folders; empty of what is said of a student or upload.
        student: the id of its owner; empty if it is nobody's.
        step: the step that it belongs to, or several; empty if unknown.
        outcome: what becomes of it.
        reason: why.
    """

    path: str
    student: str
    step: str
    outcome: Outcome
    reason: str


def rows_of(records: Iterable[IntakeRecord]) -> list[IntakeRow]:
    """Return a row for each file; what is asked about a student stands in the rows of their files."""
    by_path: dict[str, list[IntakeRecord]] = {}
    doubts: dict[str, list[IntakeRecord]] = {}
    for record in records:
        if record.path:
            by_path.setdefault(record.path, []).append(record)
        elif record.student:
            doubts.setdefault(record.student, []).append(record)
    return [row_of(path, own, doubts) for path, own in sorted(by_path.items())]


def row_of(path: str, records: list[IntakeRecord], doubts: dict[str, list[IntakeRecord]]) -> IntakeRow:
    """Return the row of one file, which has a record for each step that it holds."""
    outcome = min((record.outcome for record in records), key=ORDER.index)
    about = doubts.get(records[0].student, []) if outcome == Outcome.TAKEN else []
    reasons = [record.reason for record in [*records, *about] if record.reason]
    because = [f"{record.because}." for record in records if record.because and not record.reason]
    return IntakeRow(
        path,
        records[0].student,
        ", ".join(dict.fromkeys(record.step for record in records if record.step)),
        Outcome.QUESTION if about else outcome,
        " ".join(dict.fromkeys(reasons or because)),
    )


def open_rows(records: Iterable[IntakeRecord]) -> list[IntakeRow]:
    """Return what a person has to look at, as it stands in the report: one row for each record."""
    return [
        IntakeRow(record.path or record.file, record.student, record.step, record.outcome, record.reason)
        for record in records
        if record.needs_review
    ]


def as_json(rows: Iterable[IntakeRow]) -> str:
    """Return rows as a JSON list."""
    return json.dumps([asdict(row) for row in rows], indent=1)


def intake_table(rows: Iterable[IntakeRow]) -> Table:
    """Return a table of files; those that a program keeps in one folder are counted in one line."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("file", "student", "step", "what becomes of it"):
        table.add_column(heading, overflow="fold")
    ignored: dict[tuple[str, str, str], int] = {}
    for row in rows:
        if row.outcome == Outcome.IGNORED and not row.step:
            key = row.path.rpartition("/")[0], row.student, row.reason
            ignored[key] = ignored.get(key, 0) + 1
        else:
            what = f"{row.outcome}: {row.reason}" if row.reason else row.outcome
            cells = (row.path, row.student, row.step, what)
            table.add_row(*(Text(printable(cell, LONGEST_PATH)) for cell in cells))
    for (folder, student, reason), count in sorted(ignored.items()):
        where = f"{folder or '.'}/ ({count} {'file' if count == 1 else 'files'})"
        cells = (where, student, "", f"{Outcome.IGNORED}: each {reason}")
        table.add_row(*(Text(printable(cell, LONGEST_PATH)) for cell in cells))
    return table
