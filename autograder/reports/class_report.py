"""Write a page about a class: results, difficult checks, frequent messages, what needs review.

It is one static file, which opens without a network and can be printed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from jinja2 import Environment, FileSystemLoader

from autograder.gradebook.cells import exercise_of
from autograder.gradebook.record import LEAST_CODE, LEAST_TEXT
from autograder.judging.verdict import State, Verdict
from autograder.reports.likeness import groups_of_equal_answers
from autograder.reports.results import ClassResults, StepResult
from autograder.workspace.files import read_json

# The page's names of the states of a check, and their signs.
STATE_NAMES = {State.PASSED: "right", State.PARTIAL: "partly", State.UNTOUCHED: "open"}
SIGNS = {"right": "✓", "partly": "◐", "wrong": "✗", "waiting": "?", "open": "○", "missing": "·"}
MAX_MESSAGES = 40  # shown on the page
WRITTEN_REASON = "Written answers, or a second look at them."
CHANGED_REASON = "Points given by hand, for an answer that has changed since."


@dataclass
class CheckColumn:
    """One column of the matrix, with statistics of the class."""

    name: str
    step: str
    counts: Counter = field(default_factory=Counter)  # students by state
    seconds: list[float] = field(default_factory=list)  # CPU seconds of each answer
    megabytes: list[float] = field(default_factory=list)  # largest memory of each answer, in MiB

    @property
    def share(self) -> float | None:
        """The share of right answers, 0 to 1; None if nobody has answered."""
        answered = sum(self.counts[state] for state in ("right", "partly", "wrong"))
        return self.counts["right"] / answered if answered else None

    def count(self, verdict: Verdict | None) -> tuple[str, str]:
        """Count a verdict; return the state and the message that the matrix shows."""
        state = shown_state(verdict)
        self.counts[state] += 1
        if verdict is not None and verdict.cpu_seconds:
            self.seconds.append(verdict.cpu_seconds)
            self.megabytes.append(verdict.megabytes)
        return state, "" if verdict is None or state in ("right", "open") else message_of(verdict)


@dataclass
class StudentRow:
    """One row of the matrix: the points, and a state and a message for each check."""

    id: str
    name: str
    score: float = 0.0
    to_review: int = 0
    cells: list[tuple[str, str]] = field(default_factory=list)


def write_class_report(results: ClassResults) -> Path:
    """Write report.html to the course folder; return its path."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(signs=SIGNS, median=median, least_code=LEAST_CODE, least_text=LEAST_TEXT)
    content = environment.get_template("class_report.html").render(report_data(results))
    path = results.course / "report.html"
    path.write_text(content, encoding="utf-8")
    return path


def report_data(results: ClassResults) -> dict[str, Any]:
    """Return the variables of the page's template."""
    releases = sorted(results.course.glob("release/*/*.ipynb"))
    checks = [CheckColumn(name, path.stem) for path in releases for name in checks_of(path)]
    return {
        "course": results.course.resolve().name,
        "students": list(student_rows(results, checks)),
        "checks": checks,
        "hardest": sorted(checks, key=lambda check: (check.share is None, check.share)),
        "steps": Counter(check.step for check in checks),
        "maximum": sum({row.step: row.max_score for row in results.results}.values()),
        "messages": frequent_messages(results),
        "reviews": pending_reviews(results),
        "alike": groups_of_equal_answers(results.records),
    }


def checks_of(release: Path) -> list[str]:
    """List the checks of a released notebook, in their order."""
    cells = read_json(release)["cells"]
    names = [cell["metadata"].get("nbgrader", {}).get("grade_id", "") for cell in cells]
    return [exercise_of(name) for name in names if name.startswith("tests_")]


def student_rows(results: ClassResults, checks: list[CheckColumn]) -> Iterator[StudentRow]:
    """Yield a row for each student on the roster or with a submission; count it in the columns."""
    names = {
        student["id"]: " ".join(filter(None, (student["first_name"], student["last_name"])))
        for student in results.gradebook.students
    }
    results_of: dict[str, list[StepResult]] = {name: [] for name in names if name}
    for row in results.results:
        results_of.setdefault(row.student, []).append(row)
    for student in sorted(results_of.keys() - {""}):  # "" of files that belong to nobody
        score = sum(row.score or 0.0 for row in results_of[student])
        student_row = StudentRow(
            student, names.get(student, ""), score, sum(row.needs_review for row in results_of[student])
        )
        for check in checks:
            record = results.records.get((student, check.step))
            student_row.cells.append(check.count(record.verdicts.get(check.name) if record else None))
        yield student_row


def shown_state(verdict: Verdict | None) -> str:
    """Return the page's name of the state of a check."""
    if verdict is None:
        return "missing"
    return "waiting" if verdict.needs_review else STATE_NAMES.get(verdict.state, "wrong")


def message_of(verdict: Verdict) -> str:
    """Return the first line of a verdict's message, without its sign."""
    return verdict.headline.lstrip("✗✓○ ")


def frequent_messages(results: ClassResults) -> list[tuple[str, str, list[str]]]:
    """Return the messages that most students got: exercise, message, students."""
    students: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (student, _), record in results.records.items():
        for name, verdict in record.verdicts.items():
            if shown_state(verdict) == "wrong":
                students[name, message_of(verdict)].append(student)
    most = sorted(students.items(), key=lambda item: -len(item[1]))[:MAX_MESSAGES]
    return [(name, message, names) for (name, message), names in most]


def pending_reviews(results: ClassResults) -> list[tuple[str, str, list[str]]]:
    """Return what needs review: step, reason, students. Written answers come last."""
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in results.results:
        record = results.records.get((row.student, row.step))
        verdicts = record.verdicts if record else {}
        cells = row.cells_to_review
        of_cells = [review_reason(name, verdicts.get(exercise_of(name))) for name in cells]
        for reason in dict.fromkeys([*row.problems, *of_cells]):
            reasons[row.step, reason].append(row.student)
    ordered = sorted(reasons, key=lambda reason: (reason[1] == WRITTEN_REASON, reason))
    return [(step, reason, reasons[step, reason]) for step, reason in ordered]


def review_reason(name: str, verdict: Verdict | None) -> str:
    """Return why a graded cell needs review."""
    if verdict is not None and verdict.needs_review:
        return message_of(verdict)
    return CHANGED_REASON if name.startswith("tests_") else WRITTEN_REASON
