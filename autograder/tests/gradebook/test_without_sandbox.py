"""What was judged without a sandbox is known as such, wherever it is shown, and judged again in one."""

import shutil
from pathlib import Path

import pytest

from autograder.gradebook.grade import grade
from autograder.gradebook.record import read_record
from autograder.gradebook.scoring import NOT_SANDBOXED
from autograder.reports.class_report import write_class_report
from autograder.reports.results import read_results
from autograder.sandbox.availability import SETTING, SandboxUnavailable
from autograder.tests.gradebook.rows import rows
from autograder.tests.gradebook.small_course import STEP
from autograder.tests.gradebook.test_preprocessors import autograde_with_nbgrader

pytestmark = pytest.mark.xdist_group("gradebook")  # tests that share courses run in one process


def comments(course: Path) -> dict[str, str | None]:
    """Return the automatic comments on ada's answers."""
    found = rows(course).items()
    return {key[-1]: value[0] for key, value in found if key[:1] == ("ada",) and "comment" in key}


def test_verdicts_without_a_sandbox_are_marked_until_they_are_reached_in_one(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the record, the gradebook's comments and the reports; also where they come from the cache."""
    monkeypatch.setenv(SETTING, "1")
    grade(course, students=["ada"])
    shutil.rmtree(course / "verdicts")
    assert [graded.student for graded in grade(course, students=["ada"])] == ["ada"], "from the cache"
    assert not any(verdict.sandboxed for verdict in read_record(course, "ada", STEP).verdicts.values())
    assert comments(course) == {
        "todo_layer": NOT_SANDBOXED,
        "todo_stack": NOT_SANDBOXED,
        "written_why": None,
    }
    results = read_results(course)
    assert results.sandbox_warning.startswith("Judged without a sandbox: ada. ")
    assert results.sandbox_warning[:30] in write_class_report(results).read_text()

    monkeypatch.delenv(SETTING)
    assert [graded.student for graded in grade(course, students=["ada"])] == ["ada"]
    assert all(verdict.sandboxed for verdict in read_record(course, "ada", STEP).verdicts.values())
    assert set(comments(course).values()) == {None}
    results = read_results(course)
    assert not results.sandbox_warning
    assert "Judged without" not in write_class_report(results).read_text()
    assert grade(course, students=["ada"]) == []
    monkeypatch.setenv(SETTING, "1")
    assert grade(course, students=["ada"]) == [], "what was judged in a sandbox stays"


def test_nbgraders_own_command_marks_them_too(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, "1")
    autograde_with_nbgrader(course)
    by_nbgrader = comments(course)
    shutil.rmtree(course / "verdicts")
    grade(course)
    assert by_nbgrader == comments(course)
    assert by_nbgrader["todo_layer"] == NOT_SANDBOXED


def test_grading_with_an_unclear_setting_is_refused(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, "0")
    with pytest.raises(SandboxUnavailable, match="DETR_NO_ISOLATION is '0', which means nothing"):
        grade(course)
    assert not (course / "verdicts").exists()
