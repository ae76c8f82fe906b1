"""Everything that grading writes, in a form that can be compared."""

from pathlib import Path

from nbgrader.api import SubmittedAssignment

from autograder.workspace.course import open_course
from autograder.workspace.files import read_json

Rows = dict[tuple[str, ...], tuple]


def rows(course: Path) -> Rows:
    """Return the rows of all submissions in the gradebook, by what they belong to, without their ids."""
    table: Rows = {}

    def put(*key: str, value: tuple) -> None:
        assert key not in table, f"{key} twice"
        table[key] = value

    with open_course(course).gradebook as gradebook:
        for submission in gradebook.db.query(SubmittedAssignment):
            key = submission.student.id, submission.assignment.name
            put(*key, value=(submission.timestamp, submission.extension))
            for notebook in submission.notebooks:
                state = notebook.late_submission_penalty, notebook.flagged, notebook.score
                put(*key, notebook.name, value=state)
                for grade in notebook.grades:
                    scores = grade.auto_score, grade.manual_score, grade.extra_credit
                    put(*key, "grade", grade.name, value=(*scores, grade.needs_manual_grade))
                for comment in notebook.comments:
                    texts = comment.auto_comment, comment.manual_comment
                    put(*key, "comment", comment.name, value=texts)
    return table


def grading_records(course: Path) -> dict[str, dict]:
    """Return the records that are kept of graded submissions beside the gradebook, by their paths."""
    return {str(path.relative_to(course)): read_json(path) for path in course.glob("verdicts/*/*.json")}


def files(course: Path) -> dict[str, tuple[bytes, int]]:
    """Return the content and the permissions of every file of the autograded submissions."""
    folder = course / "autograded"
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mode)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
