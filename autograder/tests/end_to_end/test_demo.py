"""The demo class: one real step from submission to feedback, and no other folder deleted."""

from pathlib import Path

import pytest

from autograder import demo
from autograder.authoring.exercises import exercises_of
from autograder.authoring.known_answers import slips
from autograder.reports.results import read_results
from autograder.tests.gradebook.small_course import STEP


@pytest.mark.slow
def test_demo_grades_right_answers_slips_and_damaged_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right answers get all points, slips get their messages, what cannot be read gets no score."""
    monkeypatch.setattr("autograder.authoring.release.all_steps", lambda: [STEP])
    course = demo.demo(tmp_path / "demo")
    results = {row.student: row for row in read_results(course).results}
    points = sum(exercise.points for exercise in exercises_of(STEP))
    assert results["ada"].score == results["alt"].score == points
    assert results["ada"].needs_review and not results["alt"].needs_review
    assert results["blank"].score == 0 and results["blank"].remarks[0].startswith("○")
    assert results["cut"].score is None
    known_slips = slips(STEP)
    for student, place in (("bea", 0.0), ("carl", 0.4), ("dora", 0.8)):
        slip = known_slips[int(place * len(known_slips))]
        assert results[student].score < points
        assert results[student].remarks == [f"✗ {slip.message}"]
    assert len(list(course.glob("feedback/*/*/*.html"))) == 6


def test_demo_refuses_folder_that_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "gradebook.db").write_text("precious")
    with pytest.raises(FileExistsError, match="not made by the demo"):
        demo.demo(tmp_path)
    assert (tmp_path / "gradebook.db").read_text() == "precious"
