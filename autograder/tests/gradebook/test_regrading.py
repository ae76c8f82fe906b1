"""Grading again: manual grades stay, automatic scores are replaced, nothing stale is left."""

from pathlib import Path

import pytest

from autograder.gradebook.grade import grade
from autograder.reports.results import read_results
from autograder.submissions.intake import collect
from autograder.tests.gradebook.rows import rows
from autograder.tests.gradebook.small_course import (
    CLASS_ANSWERS,
    RIGHT,
    STEP,
    enter_manual_score,
    submit_answers,
)
from autograder.workspace.course import open_course

pytestmark = pytest.mark.xdist_group("gradebook")  # tests that share courses run in one process


def read_scores(course: Path) -> dict[str, float | None]:
    """Return the score of each student."""
    return {row.student: row.score for row in read_results(course).results}


def read_written_grade(course: Path, student: str) -> tuple[float | None, str, bool]:
    """Return the manual score, the comment and whether a written answer needs review."""
    with open_course(course).gradebook as gradebook:
        row = gradebook.find_grade("written_why", STEP, STEP, student)
        comment = gradebook.find_comment("written_why", STEP, STEP, student).comment
        return row.manual_score, comment, row.needs_manual_grade


def test_regrade_keeps_manual_score_and_changed_answer_needs_review(graded_course: Path) -> None:
    comment = "Good, but why?"
    _, _, needs_manual_grade = read_written_grade(graded_course, "ada")
    assert needs_manual_grade
    enter_manual_score(graded_course, "ada", 1.5, comment=comment)
    for _ in range(2):
        grade(graded_course)
        assert read_written_grade(graded_course, "ada") == (1.5, comment, False)
    inbox = submit_answers(graded_course, "ada", written_why="Because of something else.")
    collect(inbox, graded_course)
    for _ in range(2):
        grade(graded_course)
        assert read_written_grade(graded_course, "ada") == (1.5, comment, True)


def test_regrade_replaces_the_automatic_score(graded_course: Path) -> None:
    wrong = {"todo_layer": "def layer(x):\n    return 0"}
    for answers, score in ((RIGHT, 6.0), (wrong, 1.0), ({}, 0.0)):
        collect(submit_answers(graded_course, "ada", **answers), graded_course)
        grade(graded_course)
        assert read_scores(graded_course) == {"ada": score}


def test_unreadable_submission_loses_its_score_and_others_are_graded(graded_course: Path) -> None:
    submit_answers(graded_course, "ada", **RIGHT)
    collect(submit_answers(graded_course, "bob", **RIGHT), graded_course)
    grade(graded_course)
    (graded_course / "submitted" / "ada" / STEP / f"{STEP}.ipynb").write_text('{"cells": [')
    problems = {result.student: result.problem for result in grade(graded_course)}
    assert problems.keys() == {"ada"} and problems["ada"]
    assert read_scores(graded_course) == {"ada": 0.0, "bob": 6.0}
    [row] = [row for row in read_results(graded_course).results if row.student == "ada"]
    assert row.needs_review


def test_unreadable_submission_loses_its_verdicts_and_its_feedback_page(course: Path) -> None:
    grade(course)
    (course / "feedback" / "ada" / STEP).mkdir(parents=True)
    (course / "submitted" / "ada" / STEP / f"{STEP}.ipynb").write_text("no notebook")
    [result] = grade(course, students=["ada"])
    [row] = [row for row in read_results(course).results if row.student == "ada"]
    assert result.problem and row.score == 0 and not row.remarks
    assert not (course / "feedback" / "ada" / STEP).exists()


def test_manual_points_for_code_need_review_only_when_that_code_changes(course: Path) -> None:
    """Also where the changed code has the same automatic score."""
    grade(course)
    enter_manual_score(course, "bea", 3, "tests_layer")
    submit_answers(course, "bea", todo_stack="def stack(x):\n    pass")
    other_stack = CLASS_ANSWERS["bea"] | {"todo_stack": "def stack(x):\n    pass"}
    collect(submit_answers(course, "bea", **other_stack), course)
    grade(course)
    key = "bea", STEP, "grade", "tests_layer"
    assert rows(course)[key] == (1, 3, None, False), "another exercise has changed"
    other_layer = other_stack | {"todo_layer": "def layer(x):\n    return 1"}
    collect(submit_answers(course, "bea", **other_layer), course)
    grade(course)
    assert rows(course)[key] == (1, 3, None, True)
