"""Times as people and platforms write them, in the zone of the course."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from autograder.reports.times import UnreadableTime, read_time

BERLIN = ZoneInfo("Europe/Berlin")

SAME_MINUTE = [
    "2026-11-27T23:59+01:00",
    "2026-11-27T22:59Z",
    "2026-11-27 22:59:00 UTC",
    "2026-11-27T17:59-05:00",
    "2026-11-27T23:59",
    "2026-11-27 23:59:00",
    "2026-11-27 11:59 PM",
    "Nov 27, 2026 11:59pm",
    "Nov 27, 2026 at 11:59pm",
    "November 27, 2026 11:59 p.m.",
    "Fri Nov 27, 2026 11:59pm",
    "Friday, 27 November 2026, 11:59 PM",
    "Friday, 27 November 2026, 23:59",
    "27 November 2026, 11:59\u202fPM",
    "27 November, 2026 1159 PM",
    "27 November, 2026 11:59 PM",
    "Nov 27, 2026 11:59 PM",
    "2026-11-27-23-59-00",
    "27/11/2026 23:59",
    "11/27/2026 11:59 PM",
    "27.11.2026 23:59",
    "Fri, 27 Nov 2026 22:59:00 GMT",
]


@pytest.mark.parametrize("text", SAME_MINUTE)
def test_time_is_read_in_every_form(text: str) -> None:
    assert read_time(text, BERLIN) == datetime(2026, 11, 27, 22, 59)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026-11-27", "no time of the day"),
        ("2026-W48-5", "no time of the day"),
        ("Nov 27, 2026", "cannot be read"),
        ("Nov 27 at 11:59pm", "cannot be read"),
        ("03/04/2026 10:00", "may be in two months"),
        ("3/4/2026 10:00 AM", "may be in two months"),
        ("30 February 2026, 10:00", "cannot be read"),
        ("27 November 2026, 13:59 PM", "cannot be read"),
        ("27. listopadu 2026 23:59", "cannot be read"),
        ("1042.0", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_unclear_time_is_refused_with_an_example(text: str, problem: str) -> None:
    with pytest.raises(UnreadableTime, match=rf"{problem}.*2026-11-27T23:59\+01:00"):
        read_time(text, BERLIN)


def test_time_without_a_zone_is_refused_where_the_course_names_none() -> None:
    assert read_time("2026-11-27T23:59+01:00", None) == datetime(2026, 11, 27, 22, 59)
    for text in ("2026-11-27T23:59", "Nov 27, 2026 11:59pm"):
        with pytest.raises(UnreadableTime, match=r"has no time zone.*c\.LatePolicy\.timezone"):
            read_time(text, None)


def test_hour_that_comes_twice_is_read_in_favour_of_the_student() -> None:
    """The clock shows 2:30 twice on 25 October."""
    assert read_time("2026-10-25 02:30", BERLIN) == datetime(2026, 10, 25, 0, 30)
    assert read_time("2026-10-25 02:30", BERLIN, is_deadline=True) == datetime(2026, 10, 25, 1, 30)
