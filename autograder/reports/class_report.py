"""Write one page about a class: who can do what, what is hard, what went wrong, what needs review.

A static file that needs nothing else: it opens without a network, prints, and reads as tables.
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
from autograder.reports.likeness import alike
from autograder.reports.results import ClassResults, StepResult
from autograder.workspace.files import read_json

# The states of a check as the page calls them, and their signs.
SHOWN = {State.PASSED: "right", State.PARTIAL: "partly", State.UNTOUCHED: "open"}
SIGNS = {"right": "✓", "partly": "◐", "wrong": "✗", "waiting": "?", "open": "○", "missing": "·"}
MOST = 40  # messages shown
WRITTEN = "Written answers, or a second look at them."
CHANGED = "Points given by hand, for an answer that has changed since."


@dataclass
class CheckColumn:
    """One column of the matrix, and what the class makes of it."""

    name: str
    step: str
    counts: Counter = field(default_factory=Counter)  # students by state
    seconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)

    @property
    def share(self) -> float | None:
        """The share of those who answered that are right, 0 to 1; None where nobody did."""
        answered = sum(self.counts[state] for state in ("right", "partly", "wrong"))
        return self.counts["right"] / answered if answered else None

    def count(self, verdict: Verdict | None) -> tuple[str, str]:
        """Count a verdict; return the state that is shown, and the message."""
        state = shown_state(verdict)
        self.counts[state] += 1
        if verdict is not None and verdict.cpu_seconds:
            self.seconds.append(verdict.cpu_seconds)
            self.megabytes.append(verdict.megabytes)
        return state, "" if verdict is None or state in ("right", "open") else message_of(verdict)


@dataclass
class StudentRow:
    """One row of the matrix: a state and a message for each check, and the points."""

    id: str
    name: str
    score: float = 0.0
    to_review: int = 0
    cells: list[tuple[str, str]] = field(default_factory=list)


def write_class_report(results: ClassResults) -> Path:
    """Write report.html into the course's folder; return its path."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(signs=SIGNS, median=median, least_code=LEAST_CODE, least_text=LEAST_TEXT)
    content = environment.get_template("class_report.html").render(findings(results))
    path = results.course / "report.html"
    path.write_text(content, encoding="utf-8")
    return path


def findings(results: ClassResults) -> dict[str, Any]:
    """Return all that the page shows."""
    releases = sorted(results.course.glob("release/*/*.ipynb"))
    checks = [CheckColumn(name, path.stem) for path in releases for name in checks_of(path)]
    return {
        "course": results.course.resolve().name,
        "students": list(student_rows(results, checks)),
        "checks": checks,
        "hardest": sorted(checks, key=lambda check: (check.share is None, check.share)),
        "steps": Counter(check.step for check in checks),
        "maximum": sum({row.step: row.max_score for row in results.results}.values()),
        "messages": frequent(results),
        "waiting": waiting(results),
        "alike": alike(results.records),
    }


def checks_of(release: Path) -> list[str]:
    """List the checks of a released notebook, in its order."""
    cells = read_json(release)["cells"]
    names = [cell["metadata"].get("nbgrader", {}).get("grade_id", "") for cell in cells]
    return [exercise_of(name) for name in names if name.startswith("tests_")]


def student_rows(results: ClassResults, checks: list[CheckColumn]) -> Iterator[StudentRow]:
    """Yield the row of everybody on the roster or with a submission, and count it in the checks."""
    roster = results.gradebook.students
    names = {one["id"]: " ".join(filter(None, (one["first_name"], one["last_name"]))) for one in roster}
    own: dict[str, list[StepResult]] = {name: [] for name in names if name}
    for row in results.results:
        own.setdefault(row.student, []).append(row)
    for student in sorted(own):
        score = sum(row.score or 0.0 for row in own[student])
        shown = StudentRow(
            student, names.get(student, ""), score, sum(row.needs_review for row in own[student])
        )
        for check in checks:
            record = results.records.get((student, check.step))
            shown.cells.append(check.count(record.verdicts.get(check.name) if record else None))
        yield shown


def shown_state(verdict: Verdict | None) -> str:
    """Return the state of a check as the page calls it."""
    if verdict is None:
        return "missing"
    return "waiting" if verdict.needs_review else SHOWN.get(verdict.state, "wrong")


def message_of(verdict: Verdict) -> str:
    """Return the message of a verdict without its sign and without what follows it."""
    return verdict.headline.lstrip("✗✓○ ")


def frequent(results: ClassResults) -> list[tuple[str, str, list[str]]]:
    """Return the messages that most students were told: exercise, message, who."""
    told: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (student, _), record in results.records.items():
        for name, verdict in record.verdicts.items():
            if shown_state(verdict) == "wrong":
                told[name, message_of(verdict)].append(student)
    most = sorted(told.items(), key=lambda item: -len(item[1]))[:MOST]
    return [(name, message, who) for (name, message), who in most]


def waiting(results: ClassResults) -> list[tuple[str, str, list[str]]]:
    """Return what needs review: step, why, who. Written answers come last."""
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in results.results:
        record = results.records.get((row.student, row.step))
        verdicts = record.verdicts if record else {}
        doubts = [why_it_waits(name, verdicts.get(exercise_of(name))) for name in row.cells_to_review]
        for why in dict.fromkeys([*row.problems, *doubts]):
            reasons[row.step, why].append(row.student)
    ordered = sorted(reasons, key=lambda reason: (reason[1] == WRITTEN, reason))
    return [(step, why, reasons[step, why]) for step, why in ordered]


def why_it_waits(name: str, verdict: Verdict | None) -> str:
    """Say why a graded cell needs review."""
    if verdict is not None and verdict.needs_review:
        return message_of(verdict)
    return CHANGED if name.startswith("tests_") else WRITTEN
