"""Late penalties. nbgrader's own policies are no penalty and no points; this one is a share for each day.

Enable it in the course folder's nbgrader_config.py:

    c.AssignLatePenalties.plugin_class = "autograder.gradebook.late_policy.LatePolicy"
    c.LatePolicy.per_day = 0.1
"""

import math

from nbgrader.plugins import BasePlugin
from traitlets import Float

DAY = 86_400  # seconds


class LatePolicy(BasePlugin):
    """Take off a share of the score for each day begun, after a grace period, up to a maximum share."""

    per_day = Float(0.1, help="Share of the score that each day costs, 0 to 1.").tag(config=True)
    at_most = Float(1.0, help="Share of the score that can be lost, 0 to 1.").tag(config=True)
    grace_minutes = Float(15.0, help="Minutes after the deadline that cost nothing.").tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Return the points to take off, or None within the grace period."""
        if total_seconds_late <= 60 * self.grace_minutes:
            return None
        days = math.ceil(total_seconds_late / DAY)
        return round(score * min(self.per_day * days, self.at_most), 4)
