"""Late penalties. nbgrader's own policies are no penalty and no points; this one is a share for each day.

Enable it in the course folder's nbgrader_config.py:

    c.AssignLatePenalties.plugin_class = "autograder.gradebook.late_policy.LatePolicy"
    c.LatePolicy.per_day = 0.1
    c.LatePolicy.timezone = "Europe/Berlin"
"""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nbgrader.plugins import BasePlugin
from traitlets import Float, Unicode

from autograder.workspace.course import nbgrader_settings

DAY = timedelta(days=1)


def course_zone(course: Path) -> ZoneInfo | None:
    """Return the time zone that a course's settings name; None if they name none.

    Raises:
        ValueError: if there is no such zone.
    """
    settings = nbgrader_settings(course).LatePolicy
    return find_zone(settings.timezone) if "timezone" in settings else None


def find_zone(name: str) -> ZoneInfo:
    """Return a time zone by its name.

    Raises:
        ValueError: if there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"c.LatePolicy.timezone is {name!r}, which is no time zone; write one like Europe/Berlin."
        ) from None


class LatePolicy(BasePlugin):
    """Take off a share of the score for each day begun, after a grace period, up to a maximum share.

    A day ends when the clock shows the time of the deadline again, also where the clock was changed.
    """

    per_day = Float(0.1, help="Share of the score that each day costs, 0 to 1.").tag(config=True)
    at_most = Float(1.0, help="Share of the score that can be lost, 0 to 1.").tag(config=True)
    grace_minutes = Float(15.0, help="Minutes after the deadline that cost nothing.").tag(config=True)
    timezone = Unicode("UTC", help="Whose days count, like Europe/Berlin.").tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Return the points to take off, or None within the grace period; called by nbgrader."""
        # nbgrader tells the seconds alone; what calls this has the submission at hand.
        submission = self.parent.gradebook.find_submission(self.parent.assignment_id, student_id)
        return self.penalty(score, submission.duedate, submission.timestamp)

    def penalty(self, score: float, due: datetime, submitted: datetime) -> float | None:
        """Return the points to take off, or None within the grace period.

        Args:
            score: the points without penalty.
            due: the deadline in UTC, as a naive datetime.
            submitted: when it was handed in, like `due`.

        Raises:
            ValueError: if the setting names no time zone.
        """
        if submitted - due <= timedelta(minutes=self.grace_minutes):
            return None
        zone = find_zone(self.timezone)
        begin, end = (time.replace(tzinfo=UTC).astimezone(zone) for time in (due, submitted))
        days = max(1, math.ceil((end.replace(tzinfo=None) - begin.replace(tzinfo=None)) / DAY))
        return round(score * min(self.per_day * days, self.at_most), 4)
