"""Write one page about a class: who can do what, what is hard, what went wrong and for whom, who waits.

A static file that needs nothing else: it opens without a network, prints, and reads as tables.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from jinja2 import Environment, FileSystemLoader

from autograder.gradebook.marks import LEAST_CODE, LEAST_TEXT, exercise_of
from autograder.judging.keys import fingerprint
from autograder.reports.report import Row, rows
from autograder.workspace.records import read_json, verdicts_path
from autograder.workspace.settings import COURSE, open_course
from detrlab.checkpoint import SHIPPED

# The states of a check, and their signs; what is right in part is shown between right and wrong.
STATES = {"pass": "right", "part": "partly", "nothing": "open"}
SIGNS = {"right": "✓", "partly": "◐", "wrong": "✗", "waiting": "?", "open": "○", "missing": "·"}
MOST = 40  # sentences shown
WRITTEN = "Written answers, or a second look at them."
CHANGED = "Points given by hand, for an answer that has changed since."
Notes = Mapping[tuple[str, str], dict]  # what was noted of each submission, by student and step


@dataclass
class Check:
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


@dataclass
class Student:
    """One row of the matrix: a state and a sentence for each check, and the points."""

    id: str
    name: str
    cells: list[tuple[str, str]] = field(default_factory=list)
    score: float = 0.0
    by_hand: int = 0


def write_overview(course: Path = COURSE, path: Path | None = None) -> Path:
    """Write the page, report.html in the course's folder; return its path."""
    path = path or course / "report.html"
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(signs=SIGNS, median=median, least_code=LEAST_CODE, least_text=LEAST_TEXT)
    content = environment.get_template("overview.html").render(findings(course))
    path.write_text(content, encoding="utf-8")
    return path


def findings(course: Path) -> dict[str, Any]:
    """Return all that the page shows."""
    everything = rows(course)
    handed_in = [(row.student, row.step) for row in everything]
    notes = {(who, step): read_json(verdicts_path(course, who, step)) for who, step in handed_in}
    releases = sorted(course.glob("release/*/*.ipynb"))
    checks = [Check(name, path.stem) for path in releases for name in graded(path)]
    return {
        "course": course.resolve().name,
        "students": list(students(course, everything, checks, notes)),
        "checks": checks,
        "hardest": sorted(checks, key=lambda check: (check.share is None, check.share)),
        "steps": Counter(check.step for check in checks),
        "maximum": sum({row.step: row.max_score for row in everything}.values()),
        "slips": frequent(notes),
        "waiting": waiting(everything, notes),
        "alike": alike(notes),
    }


def graded(release: Path) -> list[str]:
    """List the checks of a released notebook, in its order."""
    cells = read_json(release)["cells"]
    names = [cell["metadata"].get("nbgrader", {}).get("grade_id", "") for cell in cells]
    return [exercise_of(name) for name in names if name.startswith("tests_")]


def students(course: Path, everything: list[Row], checks: list[Check], notes: Notes) -> Iterator[Student]:
    """Yield each student's row, and count it in the checks. On the roster or not, handed in or not."""
    with open_course(course).gradebook as gradebook:
        roster = gradebook.students
        names = {one.id: " ".join(filter(None, (one.first_name, one.last_name))) for one in roster}
    own: dict[str, list[Row]] = {name: [] for name in names}
    for row in everything:
        own.setdefault(row.student, []).append(row)
    for name in sorted(own):
        student = Student(name, names.get(name, ""))
        student.score = sum(row.score or 0.0 for row in own[name])
        student.by_hand = sum(row.needs_manual for row in own[name])
        for check in checks:
            verdict = notes.get((name, check.step), {}).get("verdicts", {}).get(check.name)
            student.cells.append(count(check, verdict))
        yield student


def count(check: Check, verdict: dict | None) -> tuple[str, str]:
    """Count a verdict in its check; return the state that is shown, and the sentence."""
    if verdict is None:
        check.counts["missing"] += 1
        return "missing", ""
    state = "waiting" if verdict.get("needs_person") else STATES.get(verdict["state"], "wrong")
    check.counts[state] += 1
    if verdict.get("cpu_seconds"):
        check.seconds.append(verdict["cpu_seconds"])
        check.megabytes.append(verdict["megabytes"])
    return state, "" if state in ("right", "open") else headline(verdict)


def headline(verdict: dict) -> str:
    """Return the sentence of a verdict without its sign and without what follows it."""
    return verdict["sentence"].partition("\n")[0].lstrip("✗✓○ ")


def frequent(notes: Notes) -> list[tuple[str, str, list[str]]]:
    """Return the sentences that most students were told: exercise, sentence, who."""
    told: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (student, _), note in notes.items():
        for name, verdict in note.get("verdicts", {}).items():
            if STATES.get(verdict["state"], "wrong") == "wrong" and not verdict.get("needs_person"):
                told[name, headline(verdict)].append(student)
    most = sorted(told.items(), key=lambda item: -len(item[1]))[:MOST]
    return [(name, sentence, who) for (name, sentence), who in most]


def waiting(everything: list[Row], notes: Notes) -> list[tuple[str, str, list[str]]]:
    """Return what a person must look at: step, why, who. Written answers come last."""
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in everything:
        verdicts = notes[row.student, row.step].get("verdicts", {})
        doubts = [why_it_waits(name, verdicts.get(exercise_of(name), {})) for name in row.waits]
        for why in dict.fromkeys([*row.problems, *doubts]):
            reasons[row.step, why].append(row.student)
    ordered = sorted(reasons, key=lambda reason: (reason[1] == WRITTEN, reason))
    return [(step, why, reasons[step, why]) for step, why in ordered]


def why_it_waits(name: str, verdict: dict) -> str:
    """Say why a graded cell waits for a person."""
    if verdict.get("needs_person"):
        return headline(verdict)
    return CHANGED if name.startswith("tests_") else WRITTEN


def alike(notes: Notes) -> list[tuple[list[str], list[str], str]]:
    """Return groups of students with equal answers or weights, and who uses shipped ones."""
    writers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (student, _), note in notes.items():
        for name, trace in note.get("traces", {}).items():
            writers[name, trace].add(student)
    shipped = fingerprint(SHIPPED.read_bytes()) if SHIPPED.is_file() else ""
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    remarks: dict[tuple[str, ...], str] = {}
    for (name, trace), who in writers.items():
        if len(who) > 1 or trace == shipped:
            group = tuple(sorted(who))
            groups[group].append(name.partition("_")[2])
            if trace == shipped:
                remarks[group] = "The weights are those that ship with the course."
    ordered = sorted(groups, key=lambda group: (-len(groups[group]), group))
    return [(list(group), groups[group], remarks.get(group, "")) for group in ordered]
