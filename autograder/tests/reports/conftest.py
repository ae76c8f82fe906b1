"""Graded courses for the tests of reports; grading takes seconds, so it is done once per process."""

import shutil
from pathlib import Path

import pytest

from autograder.tests.reports.graded_course import make_graded_course


@pytest.fixture(scope="session")
def graded_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graded course, to read; only reports are written into it."""
    return make_graded_course(tmp_path_factory.mktemp("graded") / "course")


@pytest.fixture
def course(graded_course: Path, tmp_path: Path) -> Path:
    """A copy of the graded course, for one test."""
    return Path(shutil.copytree(graded_course, tmp_path / "course"))
