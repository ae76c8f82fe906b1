"""Decide between what a student submits and what counts already: nothing is replaced without being kept.

The same route, such as a new export of the same platform, replaces what it brought before. Another route
does not: whose work it is, a person decides. Folders called like a student are one route, and each
platform's exports are one.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from autograder.submissions.inbox.kinds import MODEL
from autograder.submissions.notebook_json import parse_notebook
from autograder.submissions.rebuild import Notebook, rebuild
from autograder.submissions.recognition import Releases, added_cells_of, answers_of
from autograder.submissions.record import IntakeRecord
from autograder.submissions.store import Store, as_file
from detrlab.checkpoint import TRAINED_IN

CONFLICT = (
    "differs from what {student} has submitted by another way before, which still counts; this one is "
    "kept in {aside}. To have it count, move {folder} away and take it in again."
)
OTHER_VERSIONS = "has other versions, which are kept in {aside}."
LEFT_OPEN = "leaves open {names}, which another version answers."


class Versions:
    """The versions of each student's submissions in a course: the one that counts, and all others."""

    def __init__(self, store: Store, releases: Releases):
        self.store, self.releases = store, releases

    def keep_notebook(
        self, record: IntakeRecord, notebook: Notebook, answers: Mapping[str, str]
    ) -> IntakeRecord:
        """Write the notebook of a step in the place of an earlier one, unless that came by another route.

        Args:
            record: of its file.
            notebook: rebuilt on the step's release.
            answers: what the learner wrote in it, by grade_id.

        Returns:
            the record with what became of it.
        """
        student, step, file = record.student, record.step, f"{record.step}.ipynb"
        if closed := self.store.why_closed(student, step):
            return replace(record, reason=closed, needs_review=True, refused=True)
        content = self.store.file(student, step, file)
        earlier = notebook if content == as_file(notebook) else self.rebuilt(content, step)
        before = self.answers_in(earlier, step)
        if before not in ({}, answers) and self.store.came_otherwise(student, step, file, record.route):
            self.store.put_aside(student, step, file, as_file(notebook))
            return replace(record, reason=self.conflict(student, step), needs_review=True)
        is_same = before == answers and added_cells_of(earlier) == added_cells_of(notebook)
        has_work = before or added_cells_of(earlier) or earlier is None
        if content is not None and has_work and not is_same:
            self.store.put_aside(student, step, file, content)
        remark = self.store.keep_notebook(student, step, notebook, record.route)
        others = self.store.notebooks_aside(student, step)
        known = [before, *(self.answers_in(self.rebuilt(other, step), step) for other in others)]
        left_open = ", ".join(sorted(set().union(*known) - answers.keys()))
        reasons = [remark, LEFT_OPEN.format(names=left_open) if left_open else ""]
        needs_review = any(reasons)
        if others or before not in ({}, answers):
            reasons.append(OTHER_VERSIONS.format(aside=self.aside(student, step)))
        reason = " ".join(filter(None, reasons))
        return replace(record, taken=True, reason=reason, needs_review=needs_review)

    def keep_model(self, record: IntakeRecord, content: bytes) -> IntakeRecord:
        """Write a trained model in the place of an earlier one, unless that came by another route.

        Args:
            record: of its file.
            content: the file's.

        Returns:
            the record with what became of it.
        """
        student, step = record.student, TRAINED_IN
        if closed := self.store.why_closed(student, step):
            return replace(record, reason=closed, needs_review=True, refused=True)
        earlier = self.store.file(student, step, MODEL)
        is_new = earlier not in (None, content)
        if is_new and self.store.came_otherwise(student, step, MODEL, record.route):
            self.store.put_aside(student, step, MODEL, content)
            return replace(record, reason=self.conflict(student, step), needs_review=True)
        if earlier is not None and is_new:
            self.store.put_aside(student, step, MODEL, earlier)
        if self.store.file(student, step, f"{step}.ipynb") is None:
            # nbgrader grades notebooks only: without one, the model is submitted with the release.
            self.store.keep_notebook(student, step, self.releases[step])
        self.store.keep_file(student, step, MODEL, content, record.route)
        return replace(record, taken=True)

    def rebuilt(self, content: bytes | None, step: str) -> Notebook | None:
        """Return a submitted notebook, rebuilt on the release as it is now; None if it cannot be read."""
        try:
            return None if content is None else rebuild(parse_notebook(content), self.releases[step])
        except Exception:  # whoever has put it there
            return None

    def answers_in(self, notebook: Notebook | None, step: str) -> dict[str, str]:
        """Return what the learner wrote in a rebuilt notebook; nothing if there is none."""
        return answers_of(notebook, self.releases[step]) if notebook else {}

    def conflict(self, student: str, step: str) -> str:
        """Return why a file does not count, since one that came by another route does."""
        folder = self.store.folder(student, step).relative_to(self.store.course)
        return CONFLICT.format(student=student, aside=self.aside(student, step), folder=folder)

    def aside(self, student: str, step: str) -> Path:
        """Return the folder of other versions, in the course."""
        return self.store.folder_aside(student, step).relative_to(self.store.course)
