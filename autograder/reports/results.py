"""What a class has got: each student's result in each step, and the CSV file of the scores."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.gradebook.queries import Gradebook, Submission, SubmissionRow, read_gradebook
from autograder.gradebook.record import GradingRecord, read_record
from autograder.judging.verdict import State
from autograder.submissions.record import read_records
from autograder.workspace.course import open_course


@dataclass
class StepResult:
    """One student's result in one step; `score` is None where nothing could be graded.

    `score` is what is left after the penalty for coming late; `cells_to_review` names the graded cells,
    and `problems` the files, that a person has to look at.
    """

    student: str
    step: str
    score: float | None
    max_score: float
    needs_review: bool = False
    remarks: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    cells_to_review: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ClassResults:
    """Everything that reports are made of, read once: the gradebook, the records, the results."""

    course: Path
    gradebook: Gradebook
    records: Mapping[Submission, GradingRecord]
    results: list[StepResult]  # by student and step


def read_results(course: Path) -> ClassResults:
    """Read every student's result in every step that they submitted."""
    with open_course(course).gradebook as opened:
        gradebook = read_gradebook(opened)
    records = {whose: read_record(course, *whose) for whose in gradebook.submissions}
    found = {
        whose: result_of(whose, row, records[whose], gradebook.max_scores[whose[1]])
        for whose, row in gradebook.submissions.items()
    }
    add_intake(course, gradebook, found)
    return ClassResults(course, gradebook, records, [found[whose] for whose in sorted(found)])


def result_of(whose: Submission, row: SubmissionRow, record: GradingRecord, maximum: float) -> StepResult:
    """Return what one submission comes to."""
    score = sum(grade.score for grade in row.grades)
    if row.penalty is not None:
        score = max(0.0, score - row.penalty)
    waiting = [grade.cell for grade in row.grades if grade.needs_review]
    verdicts = record.verdicts.values()
    remarks = [verdict.headline for verdict in verdicts if verdict.state != State.PASSED]
    return StepResult(*whose, score, maximum, bool(waiting), remarks, cells_to_review=waiting)


def add_intake(course: Path, gradebook: Gradebook, results: dict[Submission, StepResult]) -> None:
    """Add to the results what intake could not take, or asks about."""
    records = read_records(course)
    taken = {(record.student, record.step) for record in records if record.taken}
    for record in records:
        if record.needs_review:
            whose = record.student, record.step
            nothing = StepResult(*whose, None, gradebook.max_scores.get(record.step, 0.0), True)
            result = results.setdefault(whose, nothing)
            # Where something else was taken for the step there is a score to go on with.
            result.needs_review |= whose not in taken
            result.problems.append(f"{record.file} {record.reason}")
            result.remarks.insert(0, result.problems[-1])


def write_scores(results: ClassResults) -> Path:
    """Write scores.csv into the course's folder; the score is empty where nothing was graded."""
    path = results.course / "scores.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["student", "step", "score", "max", "needs_manual"])
        for row in results.results:
            score = "" if row.score is None else f"{row.score:g}"
            manual = "yes" if row.needs_review else "no"
            writer.writerow([row.student, row.step, score, f"{row.max_score:g}", manual])
    return path
