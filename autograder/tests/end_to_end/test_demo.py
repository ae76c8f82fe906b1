"""The demo class: one real step from handing in to feedback, and nothing else deleted."""

from pathlib import Path

import pytest

from autograder import demo
from autograder.authoring.exercises import exercises_of
from autograder.authoring.known_answers import slips
from autograder.reports.results import read_results
from autograder.tests.gradebook.small_course import STEP


@pytest.mark.slow
def test_the_demo_from_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One real step through everything: the right answers get all points, slips their sentences."""
    monkeypatch.setattr("autograder.authoring.release.all_steps", lambda: [STEP])
    course = demo.demo(tmp_path / "demo")
    result = {row.student: row for row in read_results(course).results}
    points = sum(exercise.points for exercise in exercises_of(STEP))
    assert result["ada"].score == result["alt"].score == points
    assert result["ada"].needs_manual and not result["alt"].needs_manual
    assert result["blank"].score == 0 and result["blank"].remarks[0].startswith("○")
    assert result["cut"].score is None
    known = slips(STEP)
    for student, place in (("bea", 0.0), ("carl", 0.4), ("dora", 0.8)):
        assert result[student].score < points
        assert result[student].remarks == [f"✗ {known[int(place * len(known))].message}"]
    assert len(list(course.glob("feedback/*/*/*.html"))) == 6


def test_the_demo_leaves_other_folders_alone(tmp_path: Path) -> None:
    """A course that was not made by the demo is not deleted."""
    (tmp_path / "gradebook.db").write_text("precious")
    with pytest.raises(FileExistsError, match="not made by the demo"):
        demo.demo(tmp_path)
    assert (tmp_path / "gradebook.db").read_text() == "precious"
