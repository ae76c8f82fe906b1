"""Names of graded cells, and the notebooks of a step in the course's source and release folders."""

import json
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor


def grade_id(cell: NotebookNode) -> str:
    """Return nbgrader's name of a cell; empty if it has none."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def exercise_of(name: str) -> str:
    """Return the exercise of a graded cell: its name without the prefix of checks."""
    return name.removeprefix("tests_")


def course_of(preprocessor: NbGraderPreprocessor) -> CourseDirectory:
    """Return the course of a preprocessor, whose parent is an exporter, whose parent is a converter."""
    return preprocessor.parent.parent.coursedir


def read_step(course: CourseDirectory, folder: str, step: str) -> dict:
    """Read the notebook of a step in the course's source or release folder.

    Raises:
        FileNotFoundError: if it is missing.
    """
    path = Path(course.format_path(folder, ".", step), f"{step}.ipynb")
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing. Build it with: python -m autograder release")
    return json.loads(path.read_text(encoding="utf-8"))
