"""Feedback pages: only those that changed are written, and one that fails stops no other."""

from pathlib import Path

import pytest

from autograder.reports import feedback
from autograder.tests.gradebook.small_course import STEP
from autograder.tests.reports.graded_course import ANSWERS
from autograder.workspace.course import open_course

pytestmark = pytest.mark.xdist_group("report")  # tests that share a graded course run in one process


def test_feedback_page_is_written_again_only_where_something_changed(course: Path) -> None:
    """Here a manual comment."""
    feedback.write_feedback(course)
    pages = {path: path.stat().st_mtime_ns for path in course.glob("feedback/*/*/*.html")}
    assert len(pages) == len(ANSWERS)
    with open_course(course).gradebook as gradebook:
        gradebook.find_comment("written_why", STEP, STEP, "ada").manual_comment = "Why not?"
        gradebook.db.commit()
    feedback.write_feedback(course)
    changed = [path for path, time in pages.items() if path.stat().st_mtime_ns != time]
    assert [path.parts[-3] for path in changed] == ["ada"]
    assert "Why not?" in changed[0].read_text(encoding="utf-8")


def test_feedback_page_that_fails_is_named_and_all_others_are_written(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run writes it."""
    write_page = feedback.write_page
    problems = {"ada": "the disk is gone"}
    monkeypatch.setattr(feedback, "write_page", lambda c, p: problems.get(p[0]) or write_page(c, p))
    with pytest.raises(ValueError, match=rf"the page of ada in {STEP}:\nthe disk is gone"):
        feedback.write_feedback(course)
    assert len(list(course.glob("feedback/*/*/*.html"))) == len(ANSWERS) - 1
    problems.clear()
    feedback.write_feedback(course)
    assert len(list(course.glob("feedback/*/*/*.html"))) == len(ANSWERS)
