"""Build the release from the sources with nbgrader, for a course and for notebooks/week1."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.authoring.markers import SourceError
from autograder.authoring.sources import all_steps, read_source
from autograder.workspace.course import nbgrader_settings, open_course
from autograder.workspace.paths import NOTEBOOKS


def make_release(course: Path, only: list[str] | None = None) -> Path:
    """Build nbgrader's source and release folders in a course.

    nbgrader works in the course folder, never on published notebooks: it deletes what it cannot rebuild.

    Args:
        course: the course folder.
        only: the steps; all by default.

    Returns:
        the release folder.

    Raises:
        SourceError: if a source is malformed, or nbgrader cannot release it; its folders are restored.
    """
    api = open_course(course)
    for step in only or all_steps():
        folder, released = course / "source" / step, course / "release" / step
        with kept_on_failure(folder, released):  # nbgrader deletes the old release before it tries
            folder.mkdir(parents=True, exist_ok=True)
            nbformat.write(read_source(step), folder / f"{step}.ipynb")
            result = api.generate_assignment(step, force=True, create=True)
            if not result["success"]:
                raise SourceError(f"nbgrader could not release {step}:\n{result['log']}")
    return course / "release"


def released_cells(step: str, course: Path) -> NotebookNode:
    """Return a step's notebook with the cells that its release would have in a course; write nothing.

    Raises:
        SourceError: if the source is malformed.
    """
    from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions  # imported late: it takes seconds

    settings, notebook = nbgrader_settings(course), read_source(step)
    for clear in (ClearSolutions(config=settings), ClearHiddenTests(config=settings)):
        notebook, _ = clear.preprocess(notebook, {})
    return notebook


@contextmanager
def kept_on_failure(*folders: Path) -> Iterator[None]:
    """Restore folders to their previous state if the context fails."""
    with tempfile.TemporaryDirectory() as backup:
        copies = [Path(backup, str(number)) for number in range(len(folders))]
        for folder, copy in zip(folders, copies, strict=True):
            if folder.is_dir():
                shutil.copytree(folder, copy)
        try:
            yield
        except BaseException:
            for folder, copy in zip(folders, copies, strict=True):
                shutil.rmtree(folder, ignore_errors=True)
                if copy.is_dir():
                    shutil.copytree(copy, folder)
            raise


def build_notebooks(target: Path = NOTEBOOKS) -> list[Path]:
    """Build the student notebooks into a folder, all or none of them; return their paths.

    Raises:
        SourceError: as `make_release`.
    """
    with tempfile.TemporaryDirectory() as staging:
        released = make_release(Path(staging))
        target.mkdir(parents=True, exist_ok=True)
        return [
            Path(shutil.copy(released / step / f"{step}.ipynb", target / f"{step}.ipynb"))
            for step in all_steps()
        ]
