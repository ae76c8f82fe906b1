"""Write grades as `nbgrader autograde` does, fast: nbgrader's own objects, one transaction a submission.

nbgrader opens its gradebook eleven times for a notebook and asks for each cell by name. Here it stays
open, and what is the same for a whole class is asked for once. While `grade` runs, this writes alone.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nbformat import NotebookNode
from nbgrader import api as rows
from nbgrader import utils
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import select

from autograder.gradebook import marks
from autograder.gradebook.pages import grade_id
from autograder.judging.keys import Verdicts
from autograder.workspace.settings import COURSE, open_course
from autograder.workspace.stopped import only_one

Row = TypeVar("Row", rows.Grade, rows.Comment)

if TYPE_CHECKING:
    from nbgrader.apps import NbGraderAPI


@dataclass(frozen=True)
class Step:
    """What the gradebook has of a step, which is one notebook: ids; names of cells by their ids."""

    assignment: str
    notebook: str
    grades: dict[str, str]
    comments: dict[str, str]


@dataclass(frozen=True)
class Recorded:
    """What the gradebook has of a submission: scores by grade_id; whether it came late or paid for it."""

    scores: dict[str, float | None]
    timestamp: datetime | None
    late: bool


def set_penalties(course: Path = COURSE) -> None:
    """Set every penalty for coming late anew: a person may have given points since it was set."""
    with only_one(course), Writer(open_course(course)) as writer:
        writer.penalize_all()


class Writer:
    """An open gradebook to write submissions into. Use as a context manager."""

    def __init__(self, api: "NbGraderAPI"):
        self.book = rows.Gradebook(api.coursedir.db_url, api.coursedir.course_id)
        self.db = self.book.db
        self.late = AssignLatePenalties(parent=api)
        self.late.init_plugin()
        self.steps: dict[str, Step] = {}

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

    def step(self, name: str) -> Step:
        """Return what the gradebook has of a step, asked for once."""
        if name not in self.steps:
            with self.transaction():
                notebook = self.book.find_notebook(name, name)
                tasks = {cell.id: cell.name for cell in notebook.task_cells}
                grades = {cell.id: cell.name for cell in notebook.grade_cells} | tasks
                comments = {cell.id: cell.name for cell in notebook.solution_cells} | tasks
                self.steps[name] = Step(notebook.assignment.id, notebook.id, grades, comments)
        return self.steps[name]

    def record(
        self,
        student: str,
        name: str,
        nb: NotebookNode,
        verdicts: Verdicts,
        changed: set[str],
        timestamp: datetime | None,
    ) -> dict[str, float | None]:
        """Write scores, comments and penalty for a notebook with its outputs; return the scores.

        `changed` names the graded cells whose text is not what it was when they were last graded.
        """
        cells = {grade_id(cell): cell for cell in nb.cells if grade_id(cell)}
        step, scores = self.step(name), {}
        with self.transaction():
            submission, notebook = self.submission(student, step)
            submission.timestamp = timestamp or submission.timestamp
            for grade in self.rows_of(rows.Grade, notebook):
                cell, before = cells[step.grades[grade.cell_id]], marks.state_of(grade)
                grade.auto_score, _ = utils.determine_grade(cell)
                same = grade_id(cell) not in changed
                marks.set_needs_person(grade, cell.cell_type, grade_id(cell), before, same, verdicts)
                scores[grade_id(cell)] = grade.auto_score
            for comment in self.rows_of(rows.Comment, notebook):
                cell = cells[step.comments[comment.cell_id]]
                untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
                comment.auto_comment = "No response." if untouched and not utils.is_task(cell) else None
            self.penalize(student, submission, notebook)
        return scores

    def rows_of(self, kind: type[Row], notebook: rows.SubmittedNotebook) -> list[Row]:
        """Return the grades or comments of a notebook."""
        return list(self.db.scalars(select(kind).filter_by(notebook_id=notebook.id)))

    def submission(
        self, student: str, step: Step
    ) -> tuple[rows.SubmittedAssignment, rows.SubmittedNotebook]:
        """Find a submission in the gradebook, or make it there with all that belongs to it."""
        if self.db.get(rows.Student, student) is None:
            self.db.add(rows.Student(id=student))
        own = {"assignment_id": step.assignment, "student_id": student}
        submission = self.db.scalars(select(rows.SubmittedAssignment).filter_by(**own)).one_or_none()
        if submission is None:
            submission = rows.SubmittedAssignment(id=rows.new_uuid(), **own)
            notebook = rows.SubmittedNotebook(
                id=rows.new_uuid(), notebook_id=step.notebook, assignment_id=submission.id
            )
            self.db.add_all([submission, notebook])
            for kind, cells in ((rows.Grade, step.grades), (rows.Comment, step.comments)):
                self.db.add_all(kind(cell_id=cell, notebook_id=notebook.id) for cell in cells)
            self.db.flush()
        own = {"assignment_id": submission.id, "notebook_id": step.notebook}
        return submission, self.db.scalars(select(rows.SubmittedNotebook).filter_by(**own)).one()

    def penalize(
        self, student: str, submission: rows.SubmittedAssignment, notebook: rows.SubmittedNotebook
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
            for submission in list(self.db.scalars(select(rows.SubmittedAssignment))):
                for notebook in submission.notebooks:
                    self.penalize(submission.student_id, submission, notebook)

    def recorded(self) -> dict[tuple[str, str], Recorded]:
        """Return what the gradebook has of every submission, by student and step."""
        grades = select(rows.Grade.notebook_id, rows.BaseCell.name, rows.Grade.auto_score)
        submissions = (
            select(rows.SubmittedNotebook.id, rows.SubmittedAssignment, rows.Assignment)
            .add_columns(rows.SubmittedNotebook.__table__.c.late_submission_penalty)
            .join(rows.SubmittedNotebook.assignment)
            .join(rows.SubmittedAssignment.assignment)
        )
        scores: dict[str, dict[str, float | None]] = defaultdict(dict)
        with self.transaction():
            for notebook, cell, score in self.db.execute(grades.join(rows.Grade.cell)):
                scores[notebook][cell] = score
            return {
                (own.student_id, step.name): Recorded(
                    scores[notebook], own.timestamp, penalty is not None or own.total_seconds_late > 0
                )
                for notebook, own, step, penalty in self.db.execute(submissions)
            }
