"""Make the release: what nbgrader builds from the sources, for a course and for notebooks/week1."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat

from autograder.authoring.markers import SourceError
from autograder.authoring.sources import all_steps, read_source
from autograder.workspace.course import open_course
from autograder.workspace.paths import NOTEBOOKS


def make_release(course: Path, only: list[str] | None = None) -> Path:
    """Make nbgrader's source and release folders in a course; return the release folder.

    The published notebooks are never touched: nbgrader deletes what it cannot rebuild.
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


@contextmanager
def kept_on_failure(*folders: Path) -> Iterator[None]:
    """Put folders back as they were where what is done meanwhile fails."""
    with tempfile.TemporaryDirectory() as safe:
        copies = [Path(safe, str(number)) for number in range(len(folders))]
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
    """Build every student notebook into `target`, all or none of them."""
    with tempfile.TemporaryDirectory() as staging:
        released = make_release(Path(staging))
        target.mkdir(parents=True, exist_ok=True)
        return [
            Path(shutil.copy(released / step / f"{step}.ipynb", target / f"{step}.ipynb"))
            for step in all_steps()
        ]
