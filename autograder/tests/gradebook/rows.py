"""Everything that grading leaves behind, in a form that can be compared."""

from pathlib import Path

from nbgrader.api import SubmittedAssignment

from autograder.workspace.course import open_course
from autograder.workspace.files import read_json

Rows = dict[tuple[str, ...], tuple]


def rows(course: Path) -> Rows:
    """Return all of the gradebook's submissions, by what each row belongs to, without the rows' ids."""
    found: Rows = {}

    def put(*key: str, value: tuple) -> None:
        assert key not in found, f"{key} twice"
        found[key] = value

    with open_course(course).gradebook as gradebook:
        for submission in gradebook.db.query(SubmittedAssignment):
            key = submission.student.id, submission.assignment.name
            put(*key, value=(submission.timestamp, submission.extension))
            for notebook in submission.notebooks:
                put(
                    *key,
                    notebook.name,
                    value=(notebook.late_submission_penalty, notebook.flagged, notebook.score),
                )
                for grade in notebook.grades:
                    scores = (
                        grade.auto_score,
                        grade.manual_score,
                        grade.extra_credit,
                        grade.needs_manual_grade,
                    )
                    put(*key, "grade", grade.name, value=scores)
                for comment in notebook.comments:
                    put(
                        *key,
                        "comment",
                        comment.name,
                        value=(comment.auto_comment, comment.manual_comment),
                    )
    return found


def notes(course: Path) -> dict[str, dict]:
    """Return what is kept of each graded submission beside the gradebook."""
    return {str(path.relative_to(course)): read_json(path) for path in course.glob("verdicts/*/*.json")}


def files(course: Path) -> dict[str, tuple[bytes, int]]:
    """Return the content and the permissions of every file that people see of graded submissions."""
    folder = course / "autograded"
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mode)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
