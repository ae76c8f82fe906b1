"""Write accepted files to the course's submitted folder, in nbgrader's layout."""

import shutil
from pathlib import Path

from autograder.submissions.rebuild import Notebook
from autograder.workspace.files import read_json, write_json

OLD_TIME = "is new, but its time is still that of the one before: `times` tells when it came."


def submitted_folder(course: Path, student: str, step: str) -> Path:
    """Return the folder of a student's submission of a step."""
    return course / "submitted" / student / step


def store_notebook(course: Path, student: str, step: str, notebook: Notebook) -> str:
    """Write a rebuilt notebook; if it has changed, mark the submission as not graded.

    Returns:
        a remark for the intake record; empty as a rule.
    """
    path = submitted_folder(course, student, step) / f"{step}.ipynb"
    if read_json(path) != notebook:
        write_json(path, notebook)
        mark_as_ungraded(course, student, step)
    timestamp = path.with_name("timestamp.txt")
    is_older = timestamp.is_file() and timestamp.stat().st_mtime_ns < path.stat().st_mtime_ns
    return OLD_TIME if is_older else ""


def store_file(course: Path, student: str, step: str, name: str, content: bytes) -> None:
    """Write a file beside a submitted notebook; if it has changed, mark the submission as not graded."""
    path = submitted_folder(course, student, step) / name
    if not path.is_file() or path.read_bytes() != content:
        path.write_bytes(content)
        mark_as_ungraded(course, student, step)


def mark_as_ungraded(course: Path, student: str, step: str) -> None:
    """Delete the autograded copy, so that the submission is graded again; scores stay until then."""
    shutil.rmtree(course / "autograded" / student / step, ignore_errors=True)
