"""Write accepted files to the course's submitted folder, in nbgrader's layout.

What is replaced is kept in the course's folder `earlier`, and so is what may not replace it.
"""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from autograder.submissions.rebuild import Notebook
from autograder.workspace.files import LINKED, fingerprint, link_in, read_json, write_file, write_json

OLD_TIME = "is new, but its time is still that of the one before: `times` tells when it came."
ROUTES = ".routes.json"  # beside a submission: how each of its files came


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

    def file(self, student: str, step: str, name: str) -> bytes | None:
        """Return the content of a submitted file; None if there is none."""
        path = self.folder(student, step) / name
        return path.read_bytes() if path.is_file() else None

    def why_closed(self, student: str, step: str) -> str:
        """Return why nothing can be written to a submission, continued from a file's name."""
        link = link_in(self.folder(student, step), self.course / "submitted")
        return f"is not taken: {LINKED.format(link=link.relative_to(self.course))}" if link else ""

    def came_otherwise(self, student: str, step: str, name: str, route: str) -> bool:
        """Say whether a submitted file is known to have come by another route."""
        return read_json(self.folder(student, step) / ROUTES).get(name, route) != route

    def keep_notebook(self, student: str, step: str, notebook: Notebook, route: str = "") -> str:
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
        self.note_route(path, route)
        return OLD_TIME if is_older else ""

    def keep_file(self, student: str, step: str, name: str, content: bytes, route: str) -> None:
        """Write a file beside a submitted notebook; if it has changed, mark it as not graded."""
        path = self.folder(student, step) / name
        if self.writes and (not path.is_file() or path.read_bytes() != content):
            write_file(path, content)
            self.mark_as_ungraded(student, step)
        self.note_route(path, route)

    def note_route(self, path: Path, route: str) -> None:
        """Note how a submitted file came; an empty route says nothing."""
        routes = read_json(path.with_name(ROUTES))
        if self.writes and route and routes.get(path.name) != route:
            write_json(path.with_name(ROUTES), routes | {path.name: route})

    def put_aside(self, student: str, step: str, name: str, content: bytes) -> None:
        """Keep a version of a file that does not count, once for each content."""
        stem, dot, ending = name.rpartition(".")
        path = self.folder_aside(student, step) / f"{stem}-{fingerprint(content)[:12]}{dot}{ending}"
        if self.writes and not path.is_file():
            write_file(path, content)

    def folder_aside(self, student: str, step: str) -> Path:
        """Return the folder of the versions of a student's submission of a step that do not count."""
        return self.course / "earlier" / student / step

    def notebooks_aside(self, student: str, step: str) -> list[bytes]:
        """Return the contents of the versions of a notebook that do not count."""
        return [path.read_bytes() for path in sorted(self.folder_aside(student, step).glob("*.ipynb"))]

    def mark_as_ungraded(self, student: str, step: str) -> None:
        """Delete the autograded copy, so that the submission is graded again; scores stay until then."""
        shutil.rmtree(self.course / "autograded" / student / step, ignore_errors=True)


def as_file(notebook: Notebook) -> bytes:
    """Return the bytes of a notebook file, as intake writes it."""
    return json.dumps(notebook, indent=1, ensure_ascii=False).encode() + b"\n"
