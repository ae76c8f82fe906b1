"""A course folder that version 1.0 has made can be reported on and graded by this version.

course_1_0.zip is such a folder, graded once: four submissions and a damaged one, a penalty for a late
one, points and a comment given by hand, a student on the roster who submitted nothing.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.gradebook.grade import grade
from autograder.gradebook.record import read_record
from autograder.judging.verdict import State
from autograder.reports.class_report import write_class_report
from autograder.reports.feedback import write_feedback
from autograder.reports.platforms import export
from autograder.reports.results import read_results, write_scores
from autograder.submissions.intake import collect
from autograder.submissions.record import read_records
from autograder.tests.gradebook.rows import rows
from autograder.tests.gradebook.small_course import STEP, answered, release, submit
from autograder.workspace.paths import AUTOGRADER, ROOT

ARCHIVE = Path(__file__).with_name("course_1_0.zip")


@pytest.fixture
def course(tmp_path) -> Path:
    """Unpack the course; return its folder."""
    shutil.unpack_archive(ARCHIVE, tmp_path)
    return tmp_path / "course"


def test_reports_read_course_of_1_0(course):
    scores = (course / "scores.csv").read_text()
    results = read_results(course)
    assert write_scores(results).read_text() == scores
    page = write_class_report(results).read_text()
    assert "layer does not return x." in page and "Müller" in page and "the file was cut off" in page
    assert read_record(course, "ada", STEP).verdicts["layer"].state == State.PASSED
    assert read_record(course, "emil", STEP).verdicts["layer"].needs_review
    (canvas, _), lost = export(results)
    assert "1043" in canvas.read_text() and lost == ["ada", "bea", "carl", "emil", "zoe"]


def test_regrading_keeps_rows_of_1_0(course):
    before = rows(course)
    penalty = rows(course)["bea", STEP, STEP][0]
    assert penalty == 0.25, "the late policy has another name in 1.0"
    grade(course)
    assert rows(course) == before
    assert write_feedback(course).is_dir()


def test_new_submission_is_added_to_those_of_1_0(course):
    inbox = course.parent / "inbox"
    submit(inbox, "dora", answered(release(course), todo_layer="def layer(x):\n    return x"))
    collect(inbox, course)
    grade(course)
    scores = {row.student: row.score for row in read_results(course).results}
    assert scores == {"ada": 7.5, "bea": 0.75, "carl": 0.0, "dora": 4.0, "emil": 0.0}
    assert not (course / "receipts.json").exists()
    assert [record.student for record in read_records(course)] == ["ada", "bea", "carl", "emil", "dora"]


def test_nbgrader_command_applies_late_policy_of_1_0(course):
    nbgrader = Path(sys.executable).with_name("nbgrader")
    autograde = subprocess.run(
        [nbgrader, "autograde", STEP, "--student=bea", "--force"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(course), "JUPYTER_CONFIG_PATH": str(AUTOGRADER)}
        | {"DETR_COURSE": str(course)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert autograde.returncode == 0, autograde.stderr
    assert rows(course)["bea", STEP, STEP][0] == 0.25


def test_imports_of_notebooks_of_1_0_still_work():
    from detrlab.outcome import CheckFailed
    from detrlab.page import present
    from detrlab.study import count_words, replay, written_answer

    assert issubclass(CheckFailed, AssertionError)
    assert all(map(callable, (present, count_words, replay, written_answer)))
