"""Write grades as `nbgrader autograde` does, but fast: one transaction for each submission.

nbgrader opens its gradebook eleven times for a notebook and queries each cell by name. Here it stays
open, and anything constant for a class is queried once. While `grade` runs, nothing else writes grades.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nbformat import NotebookNode
from nbgrader import api, utils
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import select

from autograder.gradebook.cells import exercise_of, grade_id
from autograder.gradebook.queries import Gradebook, read_gradebook
from autograder.gradebook.scoring import PreviousGrade, auto_comment, needs_review
from autograder.judging.verdict import Verdicts
from autograder.workspace.course import open_course
from autograder.workspace.run_lock import hold_course

Row = TypeVar("Row", api.Grade, api.Comment)

if TYPE_CHECKING:
    from nbgrader.apps import NbGraderAPI


@dataclass(frozen=True)
class GradebookStep:
    """The ids of a step, which has one notebook, in the gradebook."""

    assignment: str
    notebook: str
    grades: dict[str, str]  # names of graded cells, by id
    comments: dict[str, str]  # names of cells with comments, by id


@dataclass(frozen=True)
class GradedNotebook:
    """A graded notebook to be written to the gradebook.

    Attributes:
        student: the student's id.
        step: its name.
        nb: the notebook, with the verdicts as outputs.
        verdicts: by exercise.
        changed: the grade_ids of the cells whose answer has changed since they were last graded.
        timestamp: when it was submitted, in UTC; None if unknown.
    """

    student: str
    step: str
    nb: NotebookNode
    verdicts: Verdicts
    changed: set[str] = field(default_factory=set)
    timestamp: datetime | None = None


def set_penalties(course: Path) -> None:
    """Compute every late penalty again, since a person may have changed scores.

    Raises:
        GradingStopped: if another run holds the course.
    """
    with hold_course(course), Writer(open_course(course)) as writer:
        writer.penalize_all()


class Writer:
    """Writes submissions to an open gradebook. Use as a context manager."""

    def __init__(self, nbgrader: "NbGraderAPI"):
        self.gradebook = api.Gradebook(nbgrader.coursedir.db_url, nbgrader.coursedir.course_id)
        self.db = self.gradebook.db
        self.penalties = AssignLatePenalties(parent=nbgrader)
        self.penalties.init_plugin()
        self.steps: dict[str, GradebookStep] = {}

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self.gradebook.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything that is done in this context, or nothing if it fails."""
        try:
            yield
            self.db.commit()
        finally:
            self.db.rollback()
            self.db.expunge_all()  # formgrader may change rows before the next transaction

    def step(self, name: str) -> GradebookStep:
        """Return the ids of a step, which are queried once."""
        if name not in self.steps:
            with self.transaction():
                notebook = self.gradebook.find_notebook(name, name)
                tasks = {cell.id: cell.name for cell in notebook.task_cells}
                grades = {cell.id: cell.name for cell in notebook.grade_cells} | tasks
                comments = {cell.id: cell.name for cell in notebook.solution_cells} | tasks
                self.steps[name] = GradebookStep(notebook.assignment.id, notebook.id, grades, comments)
        return self.steps[name]

    def record(self, graded: GradedNotebook) -> dict[str, float | None]:
        """Write scores, comments and late penalty; return the automatic scores, by grade_id."""
        cells = {grade_id(cell): cell for cell in graded.nb.cells if grade_id(cell)}
        step, scores = self.step(graded.step), {}
        with self.transaction():
            submission, notebook = self.submission(graded.student, step)
            submission.timestamp = graded.timestamp or submission.timestamp
            for grade in self.rows_of(api.Grade, notebook):
                cell, previous = cells[step.grades[grade.cell_id]], PreviousGrade.of(grade)
                name = grade_id(cell)
                grade.auto_score, _ = utils.determine_grade(cell)
                grade.needs_manual_grade = needs_review(
                    grade,
                    cell.cell_type == "code",
                    previous,
                    name not in graded.changed,
                    graded.verdicts.get(exercise_of(name)),
                )
                scores[name] = grade.auto_score
            for comment in self.rows_of(api.Comment, notebook):
                cell = cells[step.comments[comment.cell_id]]
                comment.auto_comment = auto_comment(cell, graded.verdicts)
            self.penalize(graded.student, submission, notebook)
        return scores

    def rows_of(self, kind: type[Row], notebook: api.SubmittedNotebook) -> list[Row]:
        """Return the grades or comments of a notebook."""
        return list(self.db.scalars(select(kind).filter_by(notebook_id=notebook.id)))

    def submission(
        self, student: str, step: GradebookStep
    ) -> tuple[api.SubmittedAssignment, api.SubmittedNotebook]:
        """Return a submission in the gradebook; create it with its grades and comments if needed."""
        if self.db.get(api.Student, student) is None:
            self.db.add(api.Student(id=student))
        key = {"assignment_id": step.assignment, "student_id": student}
        submission = self.db.scalars(select(api.SubmittedAssignment).filter_by(**key)).one_or_none()
        if submission is None:
            submission = api.SubmittedAssignment(id=api.new_uuid(), **key)
            notebook = api.SubmittedNotebook(
                id=api.new_uuid(), notebook_id=step.notebook, assignment_id=submission.id
            )
            self.db.add_all([submission, notebook])
            for kind, cells in ((api.Grade, step.grades), (api.Comment, step.comments)):
                self.db.add_all(kind(cell_id=cell, notebook_id=notebook.id) for cell in cells)
            self.db.flush()
        key = {"assignment_id": submission.id, "notebook_id": step.notebook}
        return submission, self.db.scalars(select(api.SubmittedNotebook).filter_by(**key)).one()

    def penalize(
        self, student: str, submission: api.SubmittedAssignment, notebook: api.SubmittedNotebook
    ) -> None:
        """Set the late penalty of a submission, by the policy in nbgrader's settings."""
        notebook.late_submission_penalty = None
        if submission.total_seconds_late > 0:
            self.db.flush()
            self.db.refresh(notebook)
            seconds, score = submission.total_seconds_late, notebook.score
            # As nbgrader's own preprocessor leaves them for its policy.
            self.penalties.gradebook = self.gradebook
            self.penalties.assignment_id = submission.name
            penalty = self.penalties.plugin_inst.late_submission_penalty(student, score, seconds)
            if penalty is not None:
                notebook.late_submission_penalty = min(max(penalty, 0), score)

    def penalize_all(self) -> None:
        """Set the late penalty of every submission."""
        with self.transaction():
            for submission in list(self.db.scalars(select(api.SubmittedAssignment))):
                for notebook in submission.notebooks:
                    self.penalize(submission.student_id, submission, notebook)

    def read(self) -> Gradebook:
        """Return the current content of the gradebook."""
        with self.transaction():
            return read_gradebook(self.gradebook)
