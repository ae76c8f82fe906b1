"""Write grades as `nbgrader autograde` does, fast: nbgrader's own objects, one transaction a submission.

nbgrader opens its gradebook eleven times for a notebook and asks for each cell by name. Here it stays
open, and what is the same for a whole class is asked for once. While `grade` runs, this writes alone.
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
from autograder.gradebook.scoring import GradeBefore, needs_review
from autograder.judging.verdict import Verdicts
from autograder.workspace.course import open_course
from autograder.workspace.run_lock import hold_course

Row = TypeVar("Row", api.Grade, api.Comment)

if TYPE_CHECKING:
    from nbgrader.apps import NbGraderAPI


@dataclass(frozen=True)
class GradebookStep:
    """What the gradebook has of a step, which is one notebook: ids; names of cells by their ids."""

    assignment: str
    notebook: str
    grades: dict[str, str]
    comments: dict[str, str]


@dataclass(frozen=True)
class GradedNotebook:
    """One notebook to be written, with the verdicts as outputs.

    Args:
        student, step: whose it is.
        nb: the notebook.
        verdicts: by exercise.
        changed: the graded cells whose answer is not what it was when they were last graded.
        timestamp: when it was submitted, in UTC; None where that is not known.
    """

    student: str
    step: str
    nb: NotebookNode
    verdicts: Verdicts
    changed: set[str] = field(default_factory=set)
    timestamp: datetime | None = None


def set_penalties(course: Path) -> None:
    """Set every penalty for coming late anew: a person may have given points since it was set."""
    with hold_course(course), Writer(open_course(course)) as writer:
        writer.penalize_all()


class Writer:
    """An open gradebook to write submissions into. Use as a context manager."""

    def __init__(self, nbgrader: "NbGraderAPI"):
        self.book = api.Gradebook(nbgrader.coursedir.db_url, nbgrader.coursedir.course_id)
        self.db = self.book.db
        self.late = AssignLatePenalties(parent=nbgrader)
        self.late.init_plugin()
        self.steps: dict[str, GradebookStep] = {}

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self.book.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all or nothing."""
        try:
            yield
            self.db.commit()
        finally:
            self.db.rollback()
            self.db.expunge_all()  # formgrader may change any row before the next transaction

    def step(self, name: str) -> GradebookStep:
        """Return what the gradebook has of a step, asked for once."""
        if name not in self.steps:
            with self.transaction():
                notebook = self.book.find_notebook(name, name)
                tasks = {cell.id: cell.name for cell in notebook.task_cells}
                grades = {cell.id: cell.name for cell in notebook.grade_cells} | tasks
                comments = {cell.id: cell.name for cell in notebook.solution_cells} | tasks
                self.steps[name] = GradebookStep(notebook.assignment.id, notebook.id, grades, comments)
        return self.steps[name]

    def record(self, graded: GradedNotebook) -> dict[str, float | None]:
        """Write scores, comments and penalty; return the automatic scores, by grade_id."""
        cells = {grade_id(cell): cell for cell in graded.nb.cells if grade_id(cell)}
        step, scores = self.step(graded.step), {}
        with self.transaction():
            submission, notebook = self.submission(graded.student, step)
            submission.timestamp = graded.timestamp or submission.timestamp
            for grade in self.rows_of(api.Grade, notebook):
                cell, before = cells[step.grades[grade.cell_id]], GradeBefore.of(grade)
                name = grade_id(cell)
                grade.auto_score, _ = utils.determine_grade(cell)
                grade.needs_manual_grade = needs_review(
                    grade,
                    cell.cell_type == "code",
                    before,
                    name not in graded.changed,
                    graded.verdicts.get(exercise_of(name)),
                )
                scores[name] = grade.auto_score
            for comment in self.rows_of(api.Comment, notebook):
                cell = cells[step.comments[comment.cell_id]]
                untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
                comment.auto_comment = "No response." if untouched and not utils.is_task(cell) else None
            self.penalize(graded.student, submission, notebook)
        return scores

    def rows_of(self, kind: type[Row], notebook: api.SubmittedNotebook) -> list[Row]:
        """Return the grades or comments of a notebook."""
        return list(self.db.scalars(select(kind).filter_by(notebook_id=notebook.id)))

    def submission(
        self, student: str, step: GradebookStep
    ) -> tuple[api.SubmittedAssignment, api.SubmittedNotebook]:
        """Find a submission in the gradebook, or make it there with all that belongs to it."""
        if self.db.get(api.Student, student) is None:
            self.db.add(api.Student(id=student))
        own = {"assignment_id": step.assignment, "student_id": student}
        submission = self.db.scalars(select(api.SubmittedAssignment).filter_by(**own)).one_or_none()
        if submission is None:
            submission = api.SubmittedAssignment(id=api.new_uuid(), **own)
            notebook = api.SubmittedNotebook(
                id=api.new_uuid(), notebook_id=step.notebook, assignment_id=submission.id
            )
            self.db.add_all([submission, notebook])
            for kind, cells in ((api.Grade, step.grades), (api.Comment, step.comments)):
                self.db.add_all(kind(cell_id=cell, notebook_id=notebook.id) for cell in cells)
            self.db.flush()
        own = {"assignment_id": submission.id, "notebook_id": step.notebook}
        return submission, self.db.scalars(select(api.SubmittedNotebook).filter_by(**own)).one()

    def penalize(
        self, student: str, submission: api.SubmittedAssignment, notebook: api.SubmittedNotebook
    ) -> None:
        """Set the penalty for coming late, by the policy that nbgrader's settings name."""
        notebook.late_submission_penalty = None
        if submission.total_seconds_late > 0:
            self.db.flush()
            self.db.refresh(notebook)
            seconds, score = submission.total_seconds_late, notebook.score
            penalty = self.late.plugin_inst.late_submission_penalty(student, score, seconds)
            if penalty is not None:
                notebook.late_submission_penalty = min(max(penalty, 0), score)

    def penalize_all(self) -> None:
        """Set the penalty of every submission."""
        with self.transaction():
            for submission in list(self.db.scalars(select(api.SubmittedAssignment))):
                for notebook in submission.notebooks:
                    self.penalize(submission.student_id, submission, notebook)

    def read(self) -> Gradebook:
        """Return what the gradebook has of the class now."""
        with self.transaction():
            return read_gradebook(self.book)
