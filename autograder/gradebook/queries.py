"""Read the gradebook: the whole class in a few queries."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from nbgrader import api
from sqlalchemy import Select, create_engine, select
from sqlalchemy.orm import Session

from autograder.submissions.student_ids import Roster
from autograder.workspace.course import nbgrader_settings

Submission = tuple[str, str]  # a student, a step

OWNER = (api.SubmittedAssignment.student_id, api.Assignment.name)
PENALTY = api.SubmittedNotebook.__table__.c.late_submission_penalty
GRADE, COMMENT, STUDENT = (kind.__table__.c for kind in (api.Grade, api.Comment, api.Student))
STUDENT_FIELDS = ("id", "first_name", "last_name", "email", "lms_user_id")


@dataclass(frozen=True)
class GradeRow:
    """The grade of one cell of a submission."""

    cell: str  # its grade_id
    auto_score: float | None
    manual_score: float | None
    extra_credit: float | None
    score: float  # the points that count
    needs_review: bool


@dataclass(frozen=True)
class CommentRow:
    """The comments on one answer of a submission."""

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
    """The content of the gradebook."""

    students: list[dict[str, str | None]]  # STUDENT_FIELDS of each student on the roster
    max_scores: dict[str, float]  # by step
    submissions: dict[Submission, SubmissionRow]


def read_gradebook(gradebook: api.Gradebook) -> Gradebook:
    """Read all that is shown or compared, ordered by student and step, and by the names of cells."""
    db: Session = gradebook.db
    rows: dict[Submission, SubmissionRow] = {}
    for submission, step in db.execute(
        select(api.SubmittedAssignment, api.Assignment.name).join(api.SubmittedAssignment.assignment)
    ):
        rows[submission.student_id, step] = SubmissionRow(
            submission.timestamp, submission.total_seconds_late
        )
    for student, step, penalty in db.execute(select_notebooks(PENALTY)):
        rows[student, step].penalty = penalty
    shown = (GRADE.auto_score, GRADE.manual_score, GRADE.extra_credit)
    grades = select_cells(api.Grade, *shown, api.Grade.score, GRADE.needs_manual_grade)
    for student, step, cell, auto, manual, extra, score, needs_review in db.execute(grades):
        row = GradeRow(cell, auto, manual, extra, score, bool(needs_review))
        rows[student, step].grades.append(row)
    for student, step, *comment in db.execute(
        select_cells(api.Comment, COMMENT.auto_comment, COMMENT.manual_comment)
    ):
        rows[student, step].comments.append(CommentRow(*comment))
    fields = select(*(STUDENT[name] for name in STUDENT_FIELDS))
    by_name = fields.order_by(STUDENT.last_name, STUDENT.first_name)
    students = [dict(row._mapping) for row in db.execute(by_name)]
    max_scores = {assignment.name: assignment.max_score for assignment in gradebook.assignments}
    return Gradebook(students, max_scores, {owner: rows[owner] for owner in sorted(rows)})


def select_notebooks(*columns: object) -> Select:
    """Return a query for the student and the step of each submitted notebook, and for these columns."""
    return (
        select(*OWNER, *columns)  # type: ignore[call-overload]
        .select_from(api.SubmittedNotebook)
        .join(api.SubmittedNotebook.assignment)
        .join(api.SubmittedAssignment.assignment)
    )


def select_cells(kind: type, *columns: object) -> Select:
    """Return a query for the student, step and cell of each grade or comment, and for these columns."""
    return (
        select(*OWNER, api.BaseCell.name, *columns)  # type: ignore[call-overload]
        .select_from(kind)
        .join(kind.cell)  # type: ignore[attr-defined]
        .join(api.SubmittedNotebook, kind.notebook_id == api.SubmittedNotebook.id)  # type: ignore[attr-defined]
        .join(api.SubmittedNotebook.assignment)
        .join(api.SubmittedAssignment.assignment)
        .order_by(api.BaseCell.name)
    )


def read_roster(course: Path) -> Roster:
    """Return the students in a course's gradebook; nothing is written, and a new course has none."""
    settings, file = nbgrader_settings(course).CourseDirectory, course.resolve() / "gradebook.db"
    if "db_url" not in settings and not file.is_file():
        return Roster()
    engine = create_engine(settings.db_url if "db_url" in settings else f"sqlite:///{file}")
    with engine.connect() as connection:
        rows = connection.execute(select(*(STUDENT[name] for name in STUDENT_FIELDS))).all()
    engine.dispose()
    owners = Counter(row.lms_user_id for row in rows)  # a number of two students tells neither
    unique = {row.lms_user_id: row.id for row in rows if row.lms_user_id and owners[row.lms_user_id] == 1}
    is_list = any(any(row[1:]) for row in rows)  # grading alone enters no more than ids
    return Roster({row.id for row in rows}, unique, is_list)
