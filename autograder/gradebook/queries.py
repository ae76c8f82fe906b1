"""Read the gradebook: the whole class in a few queries, whatever is then made of it."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from nbgrader import api
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from autograder.workspace.course import nbgrader_settings, open_course

Submission = tuple[str, str]  # a student, a step

WHOSE = (api.SubmittedAssignment.student_id, api.Assignment.name)
PENALTY = api.SubmittedNotebook.__table__.c.late_submission_penalty
GRADE, COMMENT, STUDENT = (kind.__table__.c for kind in (api.Grade, api.Comment, api.Student))
ABOUT = ("id", "first_name", "last_name", "email", "lms_user_id")


@dataclass(frozen=True)
class GradeRow:
    """One graded cell of one submission."""

    cell: str  # its grade_id
    auto_score: float | None
    manual_score: float | None
    extra_credit: float | None
    score: float  # what counts
    needs_review: bool


@dataclass(frozen=True)
class CommentRow:
    """The comments on one answer."""

    cell: str
    auto_comment: str | None
    manual_comment: str | None


@dataclass
class SubmissionRow:
    """One submission; times are in UTC."""

    timestamp: datetime | None
    seconds_late: float
    penalty: float | None = None
    grades: list[GradeRow] = field(default_factory=list)
    comments: list[CommentRow] = field(default_factory=list)

    @property
    def scores(self) -> dict[str, float | None]:
        """The automatic scores, by grade_id."""
        return {grade.cell: grade.auto_score for grade in self.grades}


@dataclass(frozen=True)
class Gradebook:
    """What the gradebook has of a class."""

    students: list[dict[str, str | None]]  # ABOUT, of everybody on the roster
    max_scores: dict[str, float]  # by step
    submissions: dict[Submission, SubmissionRow]


def read_gradebook(gradebook: api.Gradebook) -> Gradebook:
    """Read everything that is shown or compared, ordered by student and step, cells by their names."""
    db: Session = gradebook.db
    rows: dict[Submission, SubmissionRow] = {}
    for submission, step in db.execute(
        select(api.SubmittedAssignment, api.Assignment.name).join(api.SubmittedAssignment.assignment)
    ):
        own = SubmissionRow(submission.timestamp, submission.total_seconds_late)
        rows[submission.student_id, step] = own
    for student, step, penalty in db.execute(of_notebooks(PENALTY)):
        rows[student, step].penalty = penalty
    shown = (GRADE.auto_score, GRADE.manual_score, GRADE.extra_credit)
    grades = of_cells(api.Grade, *shown, api.Grade.score, GRADE.needs_manual_grade)
    for student, step, cell, auto, manual, extra, score, waits in db.execute(grades):
        row = GradeRow(cell, auto, manual, extra, score, bool(waits))
        rows[student, step].grades.append(row)
    for student, step, *comment in db.execute(
        of_cells(api.Comment, COMMENT.auto_comment, COMMENT.manual_comment)
    ):
        rows[student, step].comments.append(CommentRow(*comment))
    people = select(*(STUDENT[name] for name in ABOUT)).order_by(STUDENT.last_name, STUDENT.first_name)
    students = [dict(row._mapping) for row in db.execute(people)]
    max_scores = {one.name: one.max_score for one in gradebook.assignments}
    return Gradebook(students, max_scores, {whose: rows[whose] for whose in sorted(rows)})


def of_notebooks(*columns: object) -> Select:
    """Select columns of each submitted notebook, behind its student and step."""
    return (
        select(*WHOSE, *columns)  # type: ignore[call-overload]
        .select_from(api.SubmittedNotebook)
        .join(api.SubmittedNotebook.assignment)
        .join(api.SubmittedAssignment.assignment)
    )


def of_cells(kind: type, *columns: object) -> Select:
    """Select columns of each grade or comment, behind its student, its step and its cell's name."""
    return (
        select(*WHOSE, api.BaseCell.name, *columns)  # type: ignore[call-overload]
        .select_from(kind)
        .join(kind.cell)  # type: ignore[attr-defined]
        .join(api.SubmittedNotebook, kind.notebook_id == api.SubmittedNotebook.id)  # type: ignore[attr-defined]
        .join(api.SubmittedNotebook.assignment)
        .join(api.SubmittedAssignment.assignment)
        .order_by(api.BaseCell.name)
    )


def platform_numbers(course: Path) -> dict[str, str]:
    """Return the students on a course's roster, by the number that a platform knows them by."""
    elsewhere = "db_url" in nbgrader_settings(course).CourseDirectory
    if not elsewhere and not (course / "gradebook.db").is_file():
        return {}
    people = select(STUDENT.lms_user_id, STUDENT.id).where(STUDENT.lms_user_id.is_not(None))
    with open_course(course).gradebook as gradebook:
        return {number: student for number, student in gradebook.db.execute(people) if number}
