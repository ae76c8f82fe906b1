"""CSV files: read as platforms and spreadsheets write them, written without formulas."""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.submissions.inbox.exports import is_test_student

# The possible headings of each field, in lower case; of several, a row's first non-empty one is used.
HEADINGS = {
    "id": ("username", "id", "student", "id number", "email", "email address"),
    "first_name": ("first_name", "first name", "full name"),
    "last_name": ("last_name", "last name", "surname"),
    "email": ("email", "email address"),
    "lms_user_id": ("lms_user_id", "canvas id", "user id", "identifier", "orgdefinedid"),
    "step": ("step", "assignment"),
    "time": ("time", "due", "deadline", "submitted"),
}
SEPARATORS = ",;\t"
# What stands first in a row that is no student's: sums, averages, and the platforms' own people.
NO_STUDENT = re.compile(
    r"\s*(?:points possible|(?:overall |class |course )?(?:average|mean|median|totals?)|grand total|sum"
    r"|count|max(?:imum)?|min(?:imum)?|std\.? ?dev\.?|number of students):?\s*",
    re.IGNORECASE,
)
# A spreadsheet makes these of long numbers, of numbers that it reads as measures, and in narrow columns.
SPOILT = re.compile(
    r"\d+(?:[.,]\d+)?E[+-]?\d+|[\d.,]*[.,][\d.,]*|\d{1,3}(?:[\s'\u2019]\d{3})+|#{2,}", re.IGNORECASE
)
# Moodle's number of a student, in the language of its list: "Participant 1042".
PARTICIPANT = re.compile(r"[^\W\d_]+(?:[ /][^\W\d_]+)* (\d+)")
# What a spreadsheet takes for a formula when it begins a cell, in the forms that NFKC makes equal.
FORMULA = ("=", "+", "-", "@", "\u2212")
# Where a cell begins in a spreadsheet whose separator is another one, or that reads line by line.
BEGINNINGS = re.compile(r"(?<=[;\t\r\n|])")


@dataclass(frozen=True)
class Row:
    """A row of a table: its values by field, and where it stands, for messages."""

    values: dict[str, str]
    place: str

    def __getitem__(self, field: str) -> str:
        return self.values[field]


@dataclass
class Table:
    """The rows of a CSV file, and which were left out: sums, averages, and a platform's own people."""

    rows: list[Row] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def read_table(path: Path, *needed: str) -> Table:
    """Read a CSV file by field.

    Args:
        path: the file.
        needed: the fields that every row must have.

    Raises:
        ValueError: if a needed column is missing, a needed value is empty, or a spreadsheet has changed
            the number of a student.
    """
    text = decode(path.read_bytes())
    if separator := re.match(r"sep=(.)\s*\n", text):  # written by spreadsheets, for themselves
        text = text[separator.end() :]
    head = text.partition("\n")[0]
    delimiter = separator[1] if separator else max(SEPARATORS, key=head.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    headings = {heading.strip().lower(): heading for heading in reversed(reader.fieldnames or [])}
    headings_by_field = dict(HEADINGS)
    if is_canvas := {"sis login id", "id"} <= headings.keys():  # "ID" is Canvas's own number
        headings_by_field |= {"id": ("sis login id", "id"), "lms_user_id": ("id",)}
    columns = {
        field: [headings[heading] for heading in possible if heading in headings]
        for field, possible in headings_by_field.items()
    }
    if missing := [name for name in needed if not columns[name]]:
        candidates = ", ".join(headings_by_field[missing[0]])
        raise ValueError(f"{path.name} has no column {missing[0]!r}; it may be called {candidates}.")
    table = Table()
    for cells in reader:
        values = {heading: (cells[heading] or "").strip() for heading in headings.values()}
        if not any(values.values()):
            continue
        first, second, *_ = [*(str(cell or "") for cell in cells.values()), ""]
        is_test = any(map(is_test_student, (first, second, f"{first}, {second}", f"{first} {second}")))
        if NO_STUDENT.fullmatch(first) or is_test or (is_canvas and not values[headings["id"]]):
            what = next(filter(None, (cell.strip() for cell in (first, second))), "no number")
            table.left_out.append(f"line {reader.line_num + bool(separator)} ({what})")
            continue
        fields = {
            name: next((values[column] for column in columns_of_field if values[column]), "")
            for name, columns_of_field in columns.items()
            if columns_of_field
        }
        row = Row(fields, f"{path.name}, line {reader.line_num + bool(separator)}")
        if empty := [name for name in needed if not fields[name]]:
            raise ValueError(f"{row.place}: the {empty[0]} is empty.")
        if "lms_user_id" in fields:  # Brightspace puts # before it, for spreadsheets
            fields["lms_user_id"] = fields["lms_user_id"].removeprefix("#")
        for name in ("id", "lms_user_id"):
            if SPOILT.fullmatch(fields.get(name, "")):
                raise ValueError(
                    f"{row.place}: a spreadsheet has made {fields[name]!r} of a student's number; "
                    "download the list again and do not save it there, or set the column to text first."
                )
        if number := PARTICIPANT.fullmatch(fields.get("lms_user_id", "")):
            fields["lms_user_id"] = number[1]
        table.rows.append(row)
    return table


def write_table(path: Path, rows: Iterable[Iterable[str]]) -> None:
    """Write a CSV file; whatever a spreadsheet would take for a formula gets an apostrophe before it."""
    with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
        csv.writer(file).writerows([without_formulas(cell) for cell in row] for row in rows)


def without_formulas(cell: str) -> str:
    """Return the text of a cell with an apostrophe before each part that could become a formula."""
    first, *others = BEGINNINGS.split(cell)
    marked = (f"'{part}" if is_formula(part) else part for part in others)
    return "".join(["'" if is_formula(cell) else "", first, *marked])


def is_formula(text: str) -> bool:
    """Say whether the first sign of a text that is seen begins a formula."""
    seen = (sign for sign in text if not sign.isspace() and unicodedata.category(sign)[0] != "C")
    first = unicodedata.normalize("NFKC", next(seen, ""))
    return first.startswith(FORMULA)


def decode(data: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16 or the encoding of Western Windows."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
