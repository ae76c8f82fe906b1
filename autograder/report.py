"""Show what a class has got, read from nbgrader's gradebook: a table, and a CSV file."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader import api as book
from rich import box
from rich.table import Table
from rich.text import Text
from sqlalchemy import select

from autograder.records import read_json, receipts_path, verdicts_path
from autograder.settings import COURSE, open_course


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
    api = open_course(course)
    result: dict[tuple[str, str], Row] = {}
    maxima: dict[str, float] = {}
    with api.gradebook as gradebook:
        penalties, waits = find_penalties(gradebook), find_waits(gradebook)
        for assignment in gradebook.assignments:
            maxima[assignment.name] = assignment.max_score
            for entry in gradebook.submission_dicts(assignment.name):
                who, step = entry["student"], assignment.name
                score = max(0.0, entry["score"] - penalties.get((who, step), 0.0))
                manual = bool(entry["needs_manual_grade"])
                row = Row(who, step, score, entry["max_score"], manual, waits=waits[who, step])
                row.remarks = list(sentences(course, who, step))
                result[who, step] = row
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


def find_penalties(gradebook: book.Gradebook) -> dict[tuple[str, str], float]:
    """Return the points that each submission loses for coming late, by student and step."""
    penalty = book.SubmittedNotebook.__table__.c.late_submission_penalty
    query = (
        select(book.SubmittedAssignment.student_id, book.Assignment.name, penalty)
        .select_from(book.SubmittedNotebook)
        .join(book.SubmittedNotebook.assignment)
        .join(book.SubmittedAssignment.assignment)
        .where(penalty.is_not(None))
    )
    return {(student, step): points for student, step, points in gradebook.db.execute(query)}


def find_waits(gradebook: book.Gradebook) -> dict[tuple[str, str], list[str]]:
    """Return the names of the graded cells that wait for a person, by student and step."""
    query = (
        select(book.SubmittedAssignment.student_id, book.Assignment.name, book.BaseCell.name)
        .select_from(book.Grade)
        .join(book.Grade.cell)
        .join(book.SubmittedNotebook, book.Grade.notebook_id == book.SubmittedNotebook.id)
        .join(book.SubmittedNotebook.assignment)
        .join(book.SubmittedAssignment.assignment)
        .where(book.Grade.__table__.c.needs_manual_grade)
        .order_by(book.BaseCell.name)
    )
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for student, step, name in gradebook.db.execute(query):
        found[student, step].append(name)
    return found


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
