"""A run that cannot go on stops with one message, and nothing is lost; only one run at a time."""

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from autograder.gradebook.grade import grade
from autograder.submissions.intake import collect
from autograder.tests.gradebook.rows import rows
from autograder.tests.gradebook.small_course import CLASS_ANSWERS, STEP
from autograder.workspace.run_lock import GradingStopped, hold_course

pytestmark = pytest.mark.xdist_group("workspace")  # tests that share a course run in one process


def test_locked_gradebook_stops_grading_and_the_next_run_does_the_rest(course: Path) -> None:
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f'c.CourseDirectory.db_url = "sqlite:///{course}/gradebook.db?timeout=0.1"\n')
    grade(course, students=["ada"])
    before = rows(course)
    with sqlite3.connect(course / "gradebook.db") as other_program:
        other_program.execute("BEGIN EXCLUSIVE")
        with pytest.raises(GradingStopped, match=r"locked by another program.*Nothing is lost"):
            grade(course)
        other_program.rollback()
    assert rows(course) == before
    grade(course)
    assert {key[0] for key in rows(course)} == set(CLASS_ANSWERS)


def test_full_disk_stops_grading_and_the_next_run_does_the_rest(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the disk fills up: after no file, one, two or five."""
    replace, files_left = os.replace, 0

    def replace_until_full(source: Path, target: Path) -> None:
        nonlocal files_left
        files_left -= 1
        if files_left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", replace_until_full)
        for number in (0, 1, 2, 5):
            files_left = number
            with pytest.raises(GradingStopped, match=r"The disk is full.*Nothing is lost"):
                grade(course)
    grade(course)
    assert {key[0] for key in rows(course)} == set(CLASS_ANSWERS)
    assert rows(course)["ada", STEP, STEP][2] == 6


def test_second_run_on_a_course_is_refused_while_the_first_lasts(course: Path) -> None:
    """Intake counts as a run."""
    inbox = course.parent / "inbox"
    inbox.mkdir()
    with hold_course(course):
        for second_run in (lambda: grade(course), lambda: collect(inbox, course)):
            with pytest.raises(GradingStopped, match="wait until it has ended"):
                second_run()
