"""A release, and a course that has nothing else, for the tests of intake."""

import json
from pathlib import Path

import pytest

from autograder.tests.gradebook.small_course import STEP, STUB, find_cell, source_notebook
from autograder.tests.submissions.inbox_files import OTHER_STEP, other_notebook
from autograder.workspace.files import write_json


@pytest.fixture
def release() -> dict:
    """A release as nbgrader's generate_assignment makes it, without the seconds that this takes."""
    notebook = source_notebook()
    for name in ("layer", "stack"):
        find_cell(notebook, f"todo_{name}")["source"] = STUB.replace("layer", name)
        find_cell(notebook, f"tests_{name}")["source"] = f"check.{name}({name})"
    find_cell(notebook, "written_why")["source"] = "YOUR ANSWER HERE"
    return notebook


@pytest.fixture
def course(tmp_path: Path, release: dict) -> Path:
    """A course with this release and one of another step."""
    write_json(tmp_path / "course" / "release" / STEP / f"{STEP}.ipynb", release)
    other = json.loads(other_notebook())
    write_json(tmp_path / "course" / "release" / OTHER_STEP / f"{OTHER_STEP}.ipynb", other)
    return tmp_path / "course"
