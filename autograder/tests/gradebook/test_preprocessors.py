"""`nbgrader autograde`, by our preprocessors, comes to the same gradebook and files as `grade`."""

import datetime
import shutil
from pathlib import Path

import pytest

from autograder.gradebook.grade import grade
from autograder.gradebook.grading_run import GradingRun
from autograder.gradebook.record import read_record
from autograder.gradebook.writer import Writer
from autograder.submissions.intake import collect
from autograder.tests.gradebook.rows import files, rows
from autograder.tests.gradebook.small_course import (
    LATE_POLICY,
    RIGHT,
    STEP,
    answered,
    enter_manual_score,
    release,
    submit,
    submit_answers,
)
from autograder.workspace.course import open_course

pytestmark = pytest.mark.xdist_group("gradebook")  # tests that share courses run in one process


def autograde_with_nbgrader(course: Path) -> None:
    """Grade every submission as `nbgrader autograde` does."""
    api = open_course(course)
    with Writer(api) as writer:
        run = GradingRun(api, writer)
        for student in sorted(api.get_submitted_students(STEP)):
            run.ask_nbgrader(student, STEP)


def change_nothing(course: Path) -> None:
    """Leave the course as it is, for the first grading."""


def grade_ada_manually(course: Path) -> None:
    """Enter points for a written answer."""
    enter_manual_score(course, "ada", 1.5)


def submit_again(course: Path) -> None:
    """Submit another written answer to one that was graded manually, and another code answer."""
    submit_answers(course, "ada", **RIGHT, written_why="Because of that.")
    collect(submit_answers(course, "dora", **RIGHT), course)


def test_grade_and_nbgrader_autograde_write_the_same_rows_and_files(course: Path, tmp_path: Path) -> None:
    """In the first grading, after manual grades and after new submissions, some of them late."""
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(LATE_POLICY)
    with open_course(course).gradebook as gradebook:
        gradebook.update_or_create_assignment(STEP, duedate=datetime.datetime(2026, 1, 1))
    for student, day in (("ada", 3), ("bea", 1), ("fay", 30)):
        path = course / "submitted" / student / STEP / "timestamp.txt"
        path.write_text(f"2026-01-{day:02} 00:00 UTC")
    (course / "secret_seed.txt").write_text("1")
    nbgrader_course = Path(shutil.copytree(course, tmp_path / "other"))
    for change in (change_nothing, grade_ada_manually, submit_again):
        change(course)
        change(nbgrader_course)
        grade(course)
        autograde_with_nbgrader(nbgrader_course)
        assert rows(course) == rows(nbgrader_course)
        assert files(course) == files(nbgrader_course)
    assert rows(course)["ada", STEP, STEP][0] == 3.75, "two days late: half of 7.5 points"
    assert rows(course)["fay", STEP, STEP][0] == 4, "nobody loses more than there is"
    assert rows(course)["ada", STEP, "grade", "written_why"] == (None, 1.5, None, True)


def test_judge_is_told_on_which_python_a_notebook_was_written(course: Path) -> None:
    """By both ways of grading; the version comes with the file as it was submitted."""
    notebook = answered(release(course), todo_layer="PYTHON")
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.14.1"}
    submit(course.parent / "inbox", "zoe", notebook)
    collect(course.parent / "inbox", course)
    for grade_course in (autograde_with_nbgrader, lambda course: grade(course, students=["zoe"])):
        shutil.rmtree(course / "judged", ignore_errors=True)
        shutil.rmtree(course / "verdicts", ignore_errors=True)
        grade_course(course)
        assert read_record(course, "zoe", STEP).verdicts["layer"].message == "✗ layer: Python 3.14.1"


def test_nbgrader_autograde_reuses_kept_verdicts(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grade(course, students=["ada"])
    rows_before = rows(course)
    monkeypatch.setattr("autograder.tests.gradebook.keyword_judge.judge", None)
    autograde_with_nbgrader(course)
    rows_after = rows(course)
    assert {key: row for key, row in rows_after.items() if key[0] == "ada"} == rows_before
    assert rows_after["fay", STEP, STEP][2] == 0, "without a judge the others have no verdicts"
