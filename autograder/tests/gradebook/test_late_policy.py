"""Late submissions lose points by the policy of the course's settings."""

import datetime
from pathlib import Path

import pytest

from autograder.gradebook.grade import grade
from autograder.gradebook.writer import set_penalties
from autograder.reports.results import StepResult, read_results
from autograder.tests.gradebook.small_course import LATE_POLICY, STEP, enter_manual_score
from autograder.workspace.course import open_course

pytestmark = pytest.mark.xdist_group("gradebook")  # tests that share courses run in one process


def result_of(course: Path, student: str) -> StepResult:
    """Return the result of a student's only step."""
    [result] = [row for row in read_results(course).results if row.student == student]
    return result


def test_late_penalty_is_taken_from_automatic_and_from_manual_points(course: Path) -> None:
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(LATE_POLICY)
    with open_course(course).gradebook as gradebook:
        gradebook.update_or_create_assignment(STEP, duedate=datetime.datetime(2026, 1, 1))
    (course / "submitted" / "ada" / STEP / "timestamp.txt").write_text("2026-01-01 12:00 UTC")
    grade(course)
    ada = result_of(course, "ada")
    assert ada.score == 4.5 and ada.cells_to_review == ["written_why"], "six points, a quarter less"
    enter_manual_score(course, "ada", 2)
    set_penalties(course)
    ada = result_of(course, "ada")
    assert ada.score == 6 and not ada.needs_review
