"""The notebooks in nbgrader's folders of a course: rebuild submitted ones, write graded ones."""

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
from autograder.gradebook.rubrics import annotate
from autograder.gradebook.scoring import write_outputs
from autograder.judging.verdict import Verdicts
from autograder.submissions.rebuild import Notebook, rebuild
from autograder.workspace.files import make_folder

if TYPE_CHECKING:
    from nbgrader.apps import NbGraderAPI


class CourseNotebooks:
    """The notebooks of a course; those that all students share are read once."""

    def __init__(self, api: "NbGraderAPI"):
        self.course, self.root = api.coursedir, Path(api.coursedir.root)
        self.overwriters = [OverwriteKernelspec(parent=api), OverwriteCells(parent=api)]
        self.limit = LimitOutput(parent=api)
        self.permissions = 0o664 if self.course.groupshared else 0o444
        self.releases: dict[str, Notebook] = {}
        self.sources: dict[str, Notebook] = {}

    @property
    def submitted(self) -> Path:
        """The folder of all submissions."""
        return Path(self.root, self.course.submitted_directory)

    def submitted_folder(self, student: str, step: str = "") -> Path:
        """Return the folder of a student's submissions, or of that of a step."""
        return Path(self.submitted, student, step)

    def timestamp_of(self, student: str, step: str) -> datetime | None:
        """Return when a step was submitted, in UTC; None if there is no readable timestamp."""
        try:
            return self.course.get_existing_timestamp(self.submitted_folder(student, step))
        except (AttributeError, ValueError):  # nbgrader cannot read the file
            return None

    def release(self, step: str) -> Notebook:
        """Return the release of a step, overwritten from the gradebook as nbgrader does it."""
        if step not in self.releases:
            ids = {"notebook": step, "assignment": step, "db_url": self.course.db_url}
            release = read_step(self.course, self.course.release_directory, step)
            notebook = nbformat.reads(json.dumps(release), 4)
            for preprocessor in self.overwriters:
                notebook, _ = preprocessor.preprocess(notebook, {"nbgrader": ids})
            self.releases[step] = notebook
            self.sources[step] = read_step(self.course, self.course.source_directory, step)
        return self.releases[step]

    def rebuild(self, submitted: Notebook, step: str) -> NotebookNode:
        """Rebuild a submitted notebook, given as parsed JSON, on the release of its step."""
        return nbformat.from_dict(rebuild(submitted, self.release(step)))

    def with_outputs(self, nb: NotebookNode, verdicts: Verdicts) -> NotebookNode:
        """Write the verdicts into a rebuilt notebook, in the form that nbgrader scores; return it."""
        write_outputs(nb, verdicts)
        return self.limit.preprocess(nb, {})[0]

    def write_autograded(self, student: str, step: str, nb: NotebookNode) -> None:
        """Write the graded notebook, with rubrics and bars, and the files beside it atomically."""
        temporary = self.root / ".unfinished" / student / step
        shutil.rmtree(temporary, ignore_errors=True)
        make_folder(temporary)
        source = Path(self.course.format_path("source", ".", step))
        for folder in (self.submitted_folder(student, step), source):
            for name in find_all_files(folder, [*self.course.ignore, "*.ipynb"]):
                path = temporary / Path(name).relative_to(folder)
                make_folder(path.parent)
                shutil.copy(name, path)
                path.chmod(self.permissions)
        annotate(nb, self.sources[step])
        path = temporary / f"{step}.ipynb"
        path.write_text(nbformat.writes(nb).rstrip("\n") + "\n", encoding="utf-8")
        path.chmod(self.permissions)
        final = self.autograded_folder(student, step)
        shutil.rmtree(final, ignore_errors=True)
        make_folder(final.parent)
        os.replace(temporary, final)

    def autograded_folder(self, student: str, step: str) -> Path:
        """Return the folder of a graded submission."""
        return Path(self.root, self.course.autograded_directory, student, step)
