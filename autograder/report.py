"""Show what a class has got, read from nbgrader's gradebook: a table, and a CSV file."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich import box
from rich.table import Table
from rich.text import Text

from autograder.records import read_json, receipts_path, verdicts_path
from autograder.settings import COURSE, open_course


@dataclass
class Row:
    """One student's result in one step; `score` is None where nothing could be graded."""

    student: str
    step: str
    score: float | None
    max_score: float
    needs_manual: bool
    remarks: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)  # what intake could not take, and why


def rows(course: Path = COURSE) -> list[Row]:
    """Return every student's result in every step that they handed in, by student and step."""
    api = open_course(course)
    result: dict[tuple[str, str], Row] = {}
    maxima: dict[str, float] = {}
    with api.gradebook as gradebook:
        for assignment in gradebook.assignments:
            maxima[assignment.name] = assignment.max_score
            for entry in gradebook.submission_dicts(assignment.name):
                who, step = entry["student"], assignment.name
                score, manual = entry["score"], bool(entry["needs_manual_grade"])
                remarks = list(sentences(course, who, step))
                result[who, step] = Row(who, step, score, entry["max_score"], manual, remarks)
    for receipt in read_json(receipts_path(course)).get("receipts", []):
        if receipt["needs_person"]:
            who, step = receipt["student"], receipt["step"]
            row = Row(who, step, None, maxima.get(step, 0.0), True)
            row = result.setdefault((who, step), row)
            row.needs_manual = True
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
