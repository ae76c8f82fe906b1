"""Grading a class: what is graded, what is left alone, what cannot be graded, and what pages hold."""

import json
from pathlib import Path

import pytest

from autograder.gradebook.grade import grade
from autograder.gradebook.grading_run import GradingRun
from autograder.gradebook.writer import Writer
from autograder.judging.job import judge_job
from autograder.reports.feedback import write_feedback
from autograder.reports.results import read_results
from autograder.submissions.intake import collect
from autograder.tests.gradebook.rows import files, rows
from autograder.tests.gradebook.small_course import (
    CLASS_ANSWERS,
    RIGHT,
    STEP,
    release,
    submit,
    submit_answers,
)
from autograder.workspace.course import open_course

pytestmark = pytest.mark.xdist_group("gradebook")  # tests that share courses run in one process


def test_second_run_grades_only_what_is_missing_or_changed(course: Path) -> None:
    """A judge that failed is asked again."""
    assert {result.student for result in grade(course)} == set(CLASS_ANSWERS)
    before = rows(course), files(course)
    assert [result.student for result in grade(course)] == ["emil"], "whose judge broke"
    assert (rows(course), files(course)) == before
    with open_course(course).gradebook as gradebook:
        gradebook.find_grade("tests_layer", STEP, STEP, "ada").auto_score = 0
        gradebook.remove_submission(STEP, "bea")
    (course / "autograded" / "carl" / STEP / f"{STEP}.ipynb").unlink()
    assert [result.student for result in grade(course)] == ["ada", "bea", "carl", "emil"]
    assert (rows(course), files(course)) == before


def test_submission_that_changes_during_grading_is_graded_in_the_next_run(course: Path) -> None:
    """The verdict on one file is never written for another."""
    with Writer(open_course(course)) as writer:
        run = GradingRun(open_course(course), writer)
        submission = run.read("carl", [STEP])
        job = run.job(submission)
        collect(submit_answers(course, "carl", **RIGHT), course)
        [graded] = run.write(submission, judge_job(job))
    assert not graded.problem
    assert rows(course)["carl", STEP, STEP][2] == 0, "the empty notebook that was read"
    grade(course)
    assert rows(course)["carl", STEP, STEP][2] == 6


def test_refused_file_is_in_the_results_and_others_are_graded(graded_course: Path) -> None:
    """It has no score, and the reason why it was refused."""
    inbox = submit_answers(graded_course, "bob", **RIGHT)
    submit(inbox, "cut", release(graded_course)).write_text('{"nbformat": 4, "cells": [{"cell_type"')
    collect(inbox, graded_course)
    grade(graded_course)
    results = {row.student: row for row in read_results(graded_course).results}
    scores = {student: row.score for student, row in results.items()}
    assert scores == {"ada": 0.0, "bob": 6.0, "cut": None}
    assert "cut off" in results["cut"].remarks[0]


def test_grading_can_be_limited_to_students_and_steps(graded_course: Path) -> None:
    collect(submit_answers(graded_course, "bob"), graded_course)
    assert [result.student for result in grade(graded_course, students=["bob"])] == ["bob"]
    assert grade(graded_course, steps=[]) == []
    with pytest.raises(ValueError, match="no step '99_nothing'; it has 03_encoder"):
        grade(graded_course, steps=["99_nothing"])
    with pytest.raises(ValueError, match="'eve' has submitted none"):
        grade(graded_course, students=["eve"])


def test_missing_release_is_named(course: Path) -> None:
    (course / "release" / STEP / f"{STEP}.ipynb").unlink()
    with pytest.raises(FileNotFoundError, match="The release of 03_encoder is missing"):
        grade(course)


def test_rubric_is_in_the_autograded_notebook_and_not_in_the_feedback(graded_class: Path) -> None:
    path = graded_class / "autograded" / "writer" / STEP / f"{STEP}.ipynb"
    cells = json.loads(path.read_text())["cells"]
    place = next(i for i, cell in enumerate(cells) if cell["id"] == "written-why")
    assert "Model answer: because." in "".join(cells[place + 1]["source"])
    page = (write_feedback(graded_class) / "writer" / STEP / f"{STEP}.html").read_text()
    assert "Model answer" not in page
    assert "hidden." not in page and "HIDDEN TESTS" not in page
    assert "check" in page


def test_feedback_pages_hold_scripts_of_a_learner_as_text_or_not_at_all(graded_class: Path) -> None:
    pages = write_feedback(graded_class)
    for student in ("writer", "right"):
        assert "<script>evil" not in (pages / student / STEP / f"{STEP}.html").read_text()
    page = (pages / "writer" / STEP / f"{STEP}.html").read_text()
    assert "evil()" in page and "a&lt;b" in page
