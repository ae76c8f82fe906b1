"""A course for the tests of what all stages share; making it takes seconds, so it is made once."""

import shutil
from pathlib import Path

import pytest

from autograder.tests.gradebook.small_course import make_course, submit_class


@pytest.fixture(scope="session")
def submitted_class(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with the submissions of the small class, not graded yet; copied, never changed."""
    return submit_class(make_course(tmp_path_factory.mktemp("submitted") / "course"))


@pytest.fixture
def course(submitted_class: Path, tmp_path: Path) -> Path:
    """A copy of the course with the small class, for one test."""
    return Path(shutil.copytree(submitted_class, tmp_path / "course"))
