"""Names of cells, and a step's notebooks as they lie in the course's own folders."""

import json
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor


def grade_id(cell: NotebookNode) -> str:
    """Return a cell's nbgrader name, or an empty string."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def exercise_of(name: str) -> str:
    """Return the exercise that a graded cell of this name belongs to."""
    return name.removeprefix("tests_")


def course_of(preprocessor: NbGraderPreprocessor) -> CourseDirectory:
    """Return the course that a preprocessor works for: converter, exporter, preprocessor."""
    return preprocessor.parent.parent.coursedir


def read_step(course: CourseDirectory, folder: str, step: str) -> dict:
    """Read a step's notebook in the course's source or release folder.

    Raises:
        FileNotFoundError: where it is missing.
    """
    path = Path(course.format_path(folder, ".", step), f"{step}.ipynb")
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing. Build it with: python -m autograder release")
    return json.loads(path.read_text(encoding="utf-8"))
