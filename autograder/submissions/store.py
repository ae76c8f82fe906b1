"""Write accepted files to the course's submitted folder, in nbgrader's layout."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from autograder.submissions.rebuild import Notebook
from autograder.workspace.files import read_json, write_json

OLD_TIME = "is new, but its time is still that of the one before: `times` tells when it came."


class Store:
    """The submitted folder of a course.

    Args:
        course: the course folder.
        writes: False for a dry run: then nothing is written, and all answers are the same.
    """

    def __init__(self, course: Path, writes: bool = True):
        self.course, self.writes = course, writes

    def folder(self, student: str, step: str) -> Path:
        """Return the folder of a student's submission of a step."""
        return self.course / "submitted" / student / step

    def students(self) -> Iterable[str]:
        """Return the ids of those who have submitted."""
        return sorted(path.name for path in self.course.glob("submitted/*"))

    def has_notebook(self, student: str, step: str) -> bool:
        """Return whether a student has submitted a notebook of a step."""
        return (self.folder(student, step) / f"{step}.ipynb").is_file()

    def keep_notebook(self, student: str, step: str, notebook: Notebook) -> str:
        """Write a rebuilt notebook; if it has changed, mark the submission as not graded.

        Returns:
            a remark for the intake record; empty as a rule.
        """
        path = self.folder(student, step) / f"{step}.ipynb"
        has_changed, timestamp = read_json(path) != notebook, path.with_name("timestamp.txt")
        is_older = timestamp.is_file() and (
            has_changed or timestamp.stat().st_mtime_ns < path.stat().st_mtime_ns
        )
        if has_changed and self.writes:
            write_json(path, notebook)
            self.mark_as_ungraded(student, step)
        return OLD_TIME if is_older else ""

    def keep_file(self, student: str, step: str, name: str, content: bytes) -> None:
        """Write a file beside a submitted notebook; if it has changed, mark it as not graded."""
        path = self.folder(student, step) / name
        if self.writes and (not path.is_file() or path.read_bytes() != content):
            path.write_bytes(content)
            self.mark_as_ungraded(student, step)

    def mark_as_ungraded(self, student: str, step: str) -> None:
        """Delete the autograded copy, so that the submission is graded again; scores stay until then."""
        shutil.rmtree(self.course / "autograded" / student / step, ignore_errors=True)
