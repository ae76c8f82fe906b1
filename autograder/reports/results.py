"""The results of a class: each student's result in each step, and the CSV file of the scores."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.gradebook.queries import Gradebook, Submission, SubmissionRow, read_gradebook
from autograder.gradebook.record import MODEL_TRACE, GradingRecord, read_record
from autograder.judging.models.alike import SHIPPED_MODEL, AlikeModels, alike_in
from autograder.judging.verdict import State
from autograder.reports.csv_table import write_table
from autograder.sandbox.availability import SETTING
from autograder.submissions.record import read_records
from autograder.workspace.course import open_course
from detrlab.checkpoint import NAME as MODEL
from detrlab.checkpoint import TRAINED_IN


@dataclass
class StepResult:
    """One student's result in one step.

    Attributes:
        student: the student's id.
        step: its name.
        score: the points, late penalty deducted; None if nothing could be graded.
        max_score: the points that the step is worth.
        needs_review: whether the score is not final until a person has reviewed something.
        remarks: the messages for the student, one line each.
        problems: messages about files that need review.
        cells_to_review: the grade_ids of the cells that need review.
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
    """The data of all reports, read once: the gradebook, the grading records, the results."""

    course: Path
    gradebook: Gradebook
    records: Mapping[Submission, GradingRecord]
    results: list[StepResult]  # by student and step
    alike_models: list[AlikeModels]

    @property
    def sandbox_warning(self) -> str:
        """A message on whose work was judged without a sandbox; empty if all was judged in one."""
        students = {
            student
            for (student, _), record in self.records.items()
            if not all(verdict.sandboxed for verdict in record.verdicts.values())
        }
        if not students:
            return ""
        return (
            f"Judged without a sandbox: {', '.join(sorted(students))}. That code could read and change "
            f"whatever you can; `grade` without --no-isolation and {SETTING} judges it again, in one."
        )


def read_results(course: Path) -> ClassResults:
    """Read the result of every student in every step that they submitted."""
    with open_course(course).gradebook as opened:
        gradebook = read_gradebook(opened)
    records = {submission: read_record(course, *submission) for submission in gradebook.submissions}
    results = {
        submission: result_of(submission, row, records[submission], gradebook.max_scores[submission[1]])
        for submission, row in gradebook.submissions.items()
    }
    add_intake(course, gradebook, results)
    alike_models = alike_in(course, fingerprints_of_models(records))
    add_models(alike_models, gradebook, results)
    ordered = [results[key] for key in sorted(results)]
    return ClassResults(course, gradebook, records, ordered, alike_models)


def result_of(
    submission: Submission, row: SubmissionRow, record: GradingRecord, maximum: float
) -> StepResult:
    """Return the result of one submission."""
    score = sum(grade.score for grade in row.grades)
    if row.penalty is not None:
        score = max(0.0, score - row.penalty)
    to_review = [grade.cell for grade in row.grades if grade.needs_review]
    verdicts = record.verdicts.values()
    remarks = [verdict.headline for verdict in verdicts if verdict.state != State.PASSED]
    return StepResult(*submission, score, maximum, bool(to_review), remarks, cells_to_review=to_review)


def add_intake(course: Path, gradebook: Gradebook, results: dict[Submission, StepResult]) -> None:
    """Add the intake records that need review to the results."""
    records = read_records(course)
    taken = {(record.student, record.step) for record in records if record.taken}
    for record in records:
        if record.needs_review:
            submission = record.student, record.step
            empty = StepResult(*submission, None, gradebook.max_scores.get(record.step, 0.0), True)
            result = results.setdefault(submission, empty)
            # If another file was accepted for the step, its score counts.
            result.needs_review |= submission not in taken
            result.problems.append(f"{record.file} {record.reason}")
            result.remarks.insert(0, result.problems[-1])


def fingerprints_of_models(records: Mapping[Submission, GradingRecord]) -> dict[str, str]:
    """Return the fingerprints of the trained models that were graded, by student."""
    return {
        student: record.traces[MODEL_TRACE]
        for (student, step), record in records.items()
        if step == TRAINED_IN and MODEL_TRACE in record.traces
    }


def add_models(
    found: Iterable[AlikeModels], gradebook: Gradebook, results: dict[Submission, StepResult]
) -> None:
    """Add models that are alike to the results, where no person has given their points yet.

    Of those like the one that ships the verdicts say so already.
    """
    for alike in (alike for alike in found if alike.needs_review and alike.other != SHIPPED_MODEL):
        for student in alike.students:
            row = gradebook.submissions[student, TRAINED_IN]
            graded = [grade for grade in row.grades if grade.cell == f"tests_{Path(MODEL).stem}"]
            if any(grade.manual_score is None for grade in graded):
                result = results[student, TRAINED_IN]
                result.needs_review = True
                result.problems.append(alike.reason)


def write_scores(results: ClassResults) -> Path:
    """Write scores.csv to the course folder; a score is empty if nothing was graded. Return the path."""
    path = results.course / "scores.csv"
    lines = [["student", "step", "score", "max", "needs_manual"]]
    for row in (row for row in results.results if row.student):
        score = "" if row.score is None else decimal(row.score)
        manual = "yes" if row.needs_review else "no"
        lines.append([row.student, row.step, score, decimal(row.max_score), manual])
    write_table(path, lines)
    return path


def decimal(points: float) -> str:
    """Return points as every platform reads them: with a point, no exponent, at most four places."""
    return f"{points:.4f}".rstrip("0").rstrip(".")
