"""Pages of a graded class: rubrics are for the person who grades; what learners wrote is text."""

import json
from pathlib import Path

import pytest

from autograder.reports.feedback import write_feedback
from autograder.tests.gradebook.small_course import STEP

pytestmark = pytest.mark.xdist_group("gradebook")  # tests that share courses run in one process


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
