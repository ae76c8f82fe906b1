"""Late submissions lose points by the policy of the course's settings."""

import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from traitlets.config import Config

from autograder.gradebook.grade import grade
from autograder.gradebook.late_policy import LatePolicy
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


def policy(zone: str) -> LatePolicy:
    """Return a policy in a time zone that takes off a tenth for each day, of a score of 10."""
    return LatePolicy(config=Config(LatePolicy={"timezone": zone, "per_day": 0.1}))


@pytest.mark.parametrize(
    ("zone", "due", "submitted", "days"),
    [
        ("Europe/Berlin", "2026-11-27T23:59", "2026-11-28T00:10", 0),
        ("Europe/Berlin", "2026-11-27T23:59", "2026-11-28T00:30", 1),
        ("Europe/Berlin", "2026-11-27T23:59", "2026-11-28T23:58", 1),
        ("Europe/Berlin", "2026-11-27T23:59", "2026-11-29T00:30", 2),
        # The day has 25 hours, and 23.
        ("Europe/Berlin", "2026-10-24T23:59", "2026-10-25T23:58", 1),
        ("Europe/Berlin", "2026-10-24T23:59", "2026-10-26T00:30", 2),
        ("Europe/Berlin", "2027-03-27T23:59", "2027-03-28T23:58", 1),
        ("Europe/Berlin", "2027-03-27T23:59", "2027-03-29T00:01", 2),
        ("America/New_York", "2026-10-31T23:59", "2026-11-01T23:58", 1),
        ("Australia/Sydney", "2026-10-03T23:59", "2026-10-05T00:01", 2),
        ("Asia/Kolkata", "2026-10-24T23:59", "2026-10-25T23:58", 1),
        ("UTC", "2026-10-24T23:59", "2026-10-25T23:58", 1),
    ],
)
def test_late_days_are_those_of_the_zones_clock(zone: str, due: str, submitted: str, days: int) -> None:
    times = (
        datetime.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)) for text in (due, submitted)
    )
    due_utc, submitted_utc = (time.astimezone(datetime.UTC).replace(tzinfo=None) for time in times)
    assert (policy(zone).penalty(10.0, due_utc, submitted_utc) or 0.0) == days


def test_unknown_time_zone_is_named() -> None:
    with pytest.raises(
        ValueError, match=r"'Berlin', which is no time zone; write one like Europe/Berlin"
    ):
        policy("Berlin").penalty(10.0, datetime.datetime(2026, 1, 1), datetime.datetime(2026, 1, 2))


def test_days_of_the_courses_zone_count_over_a_change_of_the_clock(course: Path) -> None:
    """Some 24 hours and 50 minutes late, on the day that has 25 hours."""
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(LATE_POLICY + 'c.LatePolicy.timezone = "Europe/Berlin"\n')
    with open_course(course).gradebook as gradebook:
        gradebook.update_or_create_assignment(STEP, duedate=datetime.datetime(2026, 10, 24, 21, 59))
    (course / "submitted" / "ada" / STEP / "timestamp.txt").write_text("2026-10-25 22:49 UTC")
    grade(course, ["ada"])
    assert result_of(course, "ada").score == 4.5, "six points, a quarter less: one day"


@pytest.mark.slow
def test_nbgraders_own_command_takes_off_the_same(course: Path) -> None:
    """Over the day that has 25 hours, where seconds alone would make it two days."""
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(LATE_POLICY + 'c.LatePolicy.timezone = "Europe/Berlin"\n')
    api = open_course(course)
    with api.gradebook as gradebook:
        gradebook.update_or_create_assignment(STEP, duedate=datetime.datetime(2026, 10, 24, 21, 59))
    (course / "submitted" / "ada" / STEP / "timestamp.txt").write_text("2026-10-25 22:49 UTC")
    result = api.autograde(STEP, "ada")
    assert result["success"], result
    assert result_of(course, "ada").score == 4.5
