"""Show what a class has got, read from nbgrader's gradebook: a table, and a CSV file."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader import api as book
from rich import box
from rich.table import Table
from rich.text import Text
from sqlalchemy import select

from autograder.workspace.records import read_json, receipts_path, verdicts_path
from autograder.workspace.settings import COURSE, open_course

# The whole class in three queries.
WHOSE = (book.SubmittedAssignment.student_id, book.Assignment.name)
SUBMISSIONS = select(*WHOSE).join(book.SubmittedAssignment.assignment)
PENALTY = book.SubmittedNotebook.__table__.c.late_submission_penalty
PENALTIES = (
    select(*WHOSE, PENALTY)
    .select_from(book.SubmittedNotebook)
    .join(book.SubmittedNotebook.assignment)
    .join(book.SubmittedAssignment.assignment)
    .where(PENALTY.is_not(None))
)
GRADES = (
    select(*WHOSE, book.BaseCell.name, book.Grade.score, book.Grade.__table__.c.needs_manual_grade)
    .select_from(book.Grade)
    .join(book.Grade.cell)
    .join(book.SubmittedNotebook, book.Grade.notebook_id == book.SubmittedNotebook.id)
    .join(book.SubmittedNotebook.assignment)
    .join(book.SubmittedAssignment.assignment)
    .order_by(book.BaseCell.name)
)


@dataclass
class Row:
    """One student's result in one step; `score` is None where nothing could be graded.

    `score` is what is left after the penalty for coming late; `waits` names the graded cells, and
    `problems` the files, that a person has to look at.
    """

    student: str
    step: str
    score: float | None
    max_score: float
    needs_manual: bool
    remarks: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)


def rows(course: Path = COURSE) -> list[Row]:
    """Return every student's result in every step that they handed in, by student and step."""
    with open_course(course).gradebook as gradebook:
        maxima = {one.name: one.max_score for one in gradebook.assignments}
        result = {
            (who, step): Row(who, step, 0.0, maxima[step], False, list(sentences(course, who, step)))
            for who, step in gradebook.db.execute(SUBMISSIONS)
        }
        for who, step, cell, score, waits in gradebook.db.execute(GRADES):
            row = result[who, step]
            row.score = (row.score or 0.0) + score
            row.needs_manual |= bool(waits)
            row.waits += [cell] if waits else []
        for who, step, penalty in gradebook.db.execute(PENALTIES):
            result[who, step].score = max(0.0, (result[who, step].score or 0.0) - penalty)
    receipts = read_json(receipts_path(course)).get("receipts", [])
    taken = {(receipt["student"], receipt["step"]) for receipt in receipts if receipt["taken"]}
    for receipt in receipts:
        if receipt["needs_person"]:
            who, step = receipt["student"], receipt["step"]
            row = Row(who, step, None, maxima.get(step, 0.0), True)
            row = result.setdefault((who, step), row)
            # Where something else was taken for the step there is a score to go on with.
            row.needs_manual |= (who, step) not in taken
            row.problems.append(f"{receipt['file']} {receipt['reason']}")
            row.remarks.insert(0, row.problems[-1])
    return [result[key] for key in sorted(result)]


def sentences(course: Path, student: str, step: str) -> Iterator[str]:
    """Yield what a learner was told on each question that did not pass, in the notebook's order."""
    for verdict in read_json(verdicts_path(course, student, step)).get("verdicts", {}).values():
        if verdict["state"] != "pass":
            yield verdict["sentence"].partition("\n")[0]


def table(course: Path = COURSE) -> Table:
    """Return a table: student by step, points, and the first thing that each is told.

    A step's column is headed by its number and its points, so that a week fits on a screen.
    """
    everything = rows(course)
    maxima = {row.step: row.max_score for row in everything if row.step}
    steps = sorted(maxima)
    result = Table("student", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for step in steps:
        result.add_column(f"{step[:2]}\n/{maxima[step]:g}", justify="right", no_wrap=True)
    result.add_column("by\nhand", justify="right")
    result.add_column("first feedback", min_width=30)
    for student in dict.fromkeys(row.student for row in everything):
        own = {row.step: row for row in everything if row.student == student}
        scores = [points(own[step]) if step in own else "" for step in steps]
        waiting = sum(row.needs_manual for row in own.values())
        first = next((remark for row in own.values() for remark in row.remarks), "✓")
        result.add_row(student, *scores, str(waiting or ""), Text(first))
    return result


def points(row: Row) -> str:
    """Format a score, or a dash where nothing could be graded."""
    return "–" if row.score is None else f"{row.score:g}"


def write_csv(course: Path = COURSE, path: Path | None = None) -> Path:
    """Write student, step, score, max and needs_manual; the score is empty where nothing was graded."""
    path = path or course / "scores.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["student", "step", "score", "max", "needs_manual"])
        for row in rows(course):
            score = "" if row.score is None else f"{row.score:g}"
            manual = "yes" if row.needs_manual else "no"
            writer.writerow([row.student, row.step, score, f"{row.max_score:g}", manual])
    return path
