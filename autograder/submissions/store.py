"""Write what was taken in into the course's submitted folder, as nbgrader has it."""

import shutil
from pathlib import Path

from autograder.submissions.rebuild import Notebook
from autograder.workspace.files import read_json, write_json

OLD_TIME = "is new, but its time is still that of the one before: `times` tells when it came."


def submitted_folder(course: Path, student: str, step: str) -> Path:
    """Return the folder of one student's submission of a step."""
    return course / "submitted" / student / step


def store_notebook(course: Path, student: str, step: str, notebook: Notebook) -> str:
    """Write a rebuilt notebook; where it is new, what was graded before no longer counts as graded.

    Returns what somebody should know about it.
    """
    path = submitted_folder(course, student, step) / f"{step}.ipynb"
    if read_json(path) != notebook:
        write_json(path, notebook)
        forget_grading(course, student, step)
    time = path.with_name("timestamp.txt")
    is_older = time.is_file() and time.stat().st_mtime_ns < path.stat().st_mtime_ns
    return OLD_TIME if is_older else ""


def store_file(course: Path, student: str, step: str, name: str, content: bytes) -> None:
    """Write a file beside a submitted notebook; where it is new, the step is graded again."""
    path = submitted_folder(course, student, step) / name
    if not path.is_file() or path.read_bytes() != content:
        path.write_bytes(content)
        forget_grading(course, student, step)


def forget_grading(course: Path, student: str, step: str) -> None:
    """Have nbgrader grade a submission again: it skips what it finds here. Scores stay until then."""
    shutil.rmtree(course / "autograded" / student / step, ignore_errors=True)
