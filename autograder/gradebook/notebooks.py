"""The notebooks of a course in nbgrader's folders: rebuild submitted ones, write graded ones."""

import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import LimitOutput, OverwriteCells, OverwriteKernelspec
from nbgrader.utils import find_all_files

from autograder.gradebook.cells import read_step
from autograder.gradebook.rubrics import add_rubrics
from autograder.gradebook.scoring import write_outputs
from autograder.judging.verdict import Verdicts
from autograder.submissions.rebuild import Notebook, rebuild

if TYPE_CHECKING:
    from nbgrader.apps import NbGraderAPI


class CourseNotebooks:
    """The notebooks of a course; what is the same for a class is read once."""

    def __init__(self, api: "NbGraderAPI"):
        self.course, self.root = api.coursedir, Path(api.coursedir.root)
        self.corrections = [OverwriteKernelspec(parent=api), OverwriteCells(parent=api)]
        self.limit = LimitOutput(parent=api)
        self.permissions = 0o664 if self.course.groupshared else 0o444
        self.releases: dict[str, Notebook] = {}
        self.sources: dict[str, Notebook] = {}

    def submitted(self, student: str, step: str = "") -> Path:
        """Return a student's folder, or that of a step in it."""
        return Path(self.root, self.course.submitted_directory, student, step)

    def time_of(self, student: str, step: str) -> datetime | None:
        """Return when it was submitted, in UTC; None where no file says so in a readable way."""
        try:
            return self.course.get_existing_timestamp(self.submitted(student, step))
        except (AttributeError, ValueError):  # nbgrader's own way to say that it cannot read the file
            return None

    def release(self, step: str) -> Notebook:
        """Return a release, corrected by the gradebook as nbgrader does it."""
        if step not in self.releases:
            ids = {"notebook": step, "assignment": step, "db_url": self.course.db_url}
            release = read_step(self.course, self.course.release_directory, step)
            notebook = nbformat.reads(json.dumps(release), 4)
            for preprocessor in self.corrections:
                notebook, _ = preprocessor.preprocess(notebook, {"nbgrader": ids})
            self.releases[step] = notebook
            self.sources[step] = read_step(self.course, self.course.source_directory, step)
        return self.releases[step]

    def rebuilt(self, submitted: Notebook, step: str) -> NotebookNode:
        """Return a submitted notebook, as parsed JSON, on the release of its step."""
        return nbformat.from_dict(rebuild(submitted, self.release(step)))

    def with_outputs(self, nb: NotebookNode, verdicts: Verdicts) -> NotebookNode:
        """Write the verdicts into a rebuilt notebook as nbgrader scores them."""
        write_outputs(nb, verdicts)
        return self.limit.preprocess(nb, {})[0]

    def write_autograded(self, student: str, step: str, nb: NotebookNode) -> None:
        """Write the notebook that people see, with rubrics, and what came with it: all or nothing."""
        unfinished = self.root / ".unfinished" / student / step
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        for folder in (self.submitted(student, step), Path(self.course.format_path("source", ".", step))):
            for name in find_all_files(folder, [*self.course.ignore, "*.ipynb"]):
                place = unfinished / Path(name).relative_to(folder)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(name, place)
                place.chmod(self.permissions)
        add_rubrics(nb, self.sources[step])
        path = unfinished / f"{step}.ipynb"
        path.write_text(nbformat.writes(nb).rstrip("\n") + "\n", encoding="utf-8")
        path.chmod(self.permissions)
        final = self.autograded(student, step)
        shutil.rmtree(final, ignore_errors=True)
        final.parent.mkdir(parents=True, exist_ok=True)
        os.replace(unfinished, final)

    def autograded(self, student: str, step: str) -> Path:
        """Return the folder of what people see of a graded submission."""
        return Path(self.root, self.course.autograded_directory, student, step)
