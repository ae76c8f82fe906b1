"""Write a page about a class: results, difficult checks, frequent messages, what needs review.

It is one static file, which opens without a network and can be printed.
"""

import shlex
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from jinja2 import Environment, FileSystemLoader

from autograder.authoring.exercises import artifacts_of
from autograder.gradebook.cells import exercise_of
from autograder.gradebook.record import LEAST_TEXT
from autograder.judging.answers import LEAST_CODE
from autograder.judging.verdict import State, Verdict
from autograder.reports.likeness import groups_of_equal_answers
from autograder.reports.results import ClassResults, StepResult
from autograder.workspace.files import read_json, write_file
from autograder.workspace.paths import AUTOGRADER, ROOT, submitted_notebook_path

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
    """One row of the matrix: the points, and a state, a message and a command for each check."""

    id: str
    name: str
    score: float = 0.0
    to_review: int = 0
    cells: list[tuple[str, str, str]] = field(default_factory=list)


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
    write_file(path, content.encode())
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
        "sandbox_warning": results.sandbox_warning,
        "alike": groups_of_equal_answers(results.records),
        "alike_models": results.alike_models,
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
            state, message = check.count(record.verdicts.get(check.name) if record else None)
            command = (
                try_command(results.course, student, check.step, check.name)
                if state in ("wrong", "waiting")
                else ""
            )
            student_row.cells.append((state, message, command))
        yield student_row


def shown_state(verdict: Verdict | None) -> str:
    """Return the page's name of the state of a check."""
    if verdict is None:
        return "missing"
    return "waiting" if verdict.needs_review else STATE_NAMES.get(verdict.state, "wrong")


def message_of(verdict: Verdict) -> str:
    """Return the first line of a verdict's message, without its sign."""
    return verdict.headline.lstrip("✗✓○ ")


def try_command(course: Path, student: str, step: str, check: str) -> str:
    """Return the command, for a shell in the repository, that tries a student's answer out again.

    Empty for a trained model, which is no answer in a cell.
    """
    if check in [artifact.name for artifact in artifacts_of(step)]:
        return ""
    course = course.resolve()
    path = submitted_notebook_path(course, student, step)
    setting = "" if course == AUTOGRADER / "course" else f"DETR_COURSE={shlex.quote(str(course))} "
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return f"{setting}python -m autograder try {check} {shlex.quote(str(shown))}"


def frequent_messages(results: ClassResults) -> list[tuple[str, str, list[str], str]]:
    """Return the messages that most students got: exercise, message, students, command for the first."""
    students: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for (student, step), record in results.records.items():
        for name, verdict in record.verdicts.items():
            if shown_state(verdict) == "wrong":
                students[step, name, message_of(verdict)].append(student)
    most = sorted(students.items(), key=lambda item: -len(item[1]))[:MAX_MESSAGES]
    return [
        (name, message, names, try_command(results.course, names[0], step, name))
        for (step, name, message), names in most
    ]


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
