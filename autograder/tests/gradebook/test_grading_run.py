"""A class graded fast, to the same end as by nbgrader; locked out, out of space, and nothing lost."""

import datetime
import errno
import os
import sqlite3
import subprocess
from pathlib import Path

import pytest

from autograder.gradebook.grade import grade
from autograder.gradebook.grading_run import GradingRun
from autograder.gradebook.writer import Writer, set_penalties
from autograder.judging.job import judge_job
from autograder.reports.results import read_results
from autograder.submissions.intake import collect
from autograder.tests.gradebook.rows import files, rows
from autograder.tests.gradebook.small_course import (
    LATE,
    STEP,
    answered,
    by_a_person,
    make_course,
    release,
    submit,
)
from autograder.workspace.course import LOOKED_UP, open_course
from autograder.workspace.run_lock import GradingStopped, hold_course

pytestmark = pytest.mark.xdist_group("class")  # one process, so that what they share is made once

RIGHT = {"todo_layer": "def layer(x):\n    return x", "todo_stack": "def stack(x):\n    return x"}
ANSWERS = {
    "ada": RIGHT | {"written_why": "Because."},
    "bea": {"todo_layer": "def layer(x):\n    return 0", "written_why": "It is `a < b`."},
    "carl": {},
    "dora": {"todo_layer": "NAN", "todo_stack": "TOO MUCH"},
    "emil": {"todo_layer": "BREAK"},
    "fay": RIGHT | {"todo_stack": "FORGET"},
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of six that has handed in, not graded yet."""
    course = make_course(tmp_path_factory.mktemp("template") / "course")
    for student, answers in ANSWERS.items():
        submit(course.parent / "inbox", student, answered(release(course), **answers))
    collect(course.parent / "inbox", course)
    return course


@pytest.fixture
def course(template: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    subprocess.run(["cp", "-a", template, tmp_path / "course"], check=True)
    return tmp_path / "course"


def by_nbgrader(course: Path) -> None:
    """Grade everything as `nbgrader autograde` does."""
    api = open_course(course)
    with Writer(api) as writer:
        desk = GradingRun(api, writer)
        for student in sorted(api.get_submitted_students(STEP)):
            desk.ask_nbgrader(student, STEP)


def submit_again(course: Path) -> None:
    """Hand in another written answer, one that a person has graded, and another code answer."""
    inbox = course.parent / "inbox"
    submit(inbox, "ada", answered(release(course), **RIGHT, written_why="Because of that."))
    submit(inbox, "dora", answered(release(course), **RIGHT))
    collect(inbox, course)


def test_the_same_end_as_nbgraders(course: Path, tmp_path: Path) -> None:
    """Every row and file is what `nbgrader autograde` makes: first, late, and after manual grades."""
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(LATE)
    with open_course(course).gradebook as gradebook:
        gradebook.update_or_create_assignment(STEP, duedate=datetime.datetime(2026, 1, 1))
    for student, day in (("ada", 3), ("bea", 1), ("fay", 30)):
        (course / "submitted" / student / STEP / "timestamp.txt").write_text(
            f"2026-01-{day:02} 00:00 UTC"
        )
    other = tmp_path / "other"
    subprocess.run(["cp", "-a", course, other], check=True)
    (other / "secret_seed.txt").write_text("1")
    (course / "secret_seed.txt").write_text("1")
    for change in (lambda _: None, lambda one: by_a_person(one, "ada", 1.5), submit_again):
        for one in (course, other):
            change(one)
        grade(course)
        by_nbgrader(other)
        assert rows(course) == rows(other)
        assert files(course) == files(other)
    assert rows(course)["ada", STEP, STEP][0] == 3.75, "two days late: half of 7.5 points"
    assert rows(course)["fay", STEP, STEP][0] == 4, "nobody loses more than there is"
    assert rows(course)["ada", STEP, "grade", "written_why"] == (None, 1.5, None, True)


def test_nothing_new_is_nothing_to_do(course: Path) -> None:
    """A second run makes only what is missing or was changed, and asks a judge again that failed."""
    assert {result.student for result in grade(course)} == set(ANSWERS)
    before = rows(course), files(course)
    assert [result.student for result in grade(course)] == ["emil"], "whose judge broke"
    assert (rows(course), files(course)) == before
    with open_course(course).gradebook as gradebook:
        gradebook.find_grade("tests_layer", STEP, STEP, "ada").auto_score = 0
        gradebook.remove_submission(STEP, "bea")
    (course / "autograded" / "carl" / STEP / f"{STEP}.ipynb").unlink()
    assert [result.student for result in grade(course)] == ["ada", "bea", "carl", "emil"]
    assert (rows(course), files(course)) == before


def test_nbgrader_by_hand_finds_the_verdicts(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is judged once is not judged again on the other way."""
    grade(course, students=["ada"])
    before = rows(course), files(course)
    monkeypatch.setattr("autograder.tests.gradebook.keyword_judge.judge", None)
    by_nbgrader(course)
    after = rows(course), files(course)
    assert {k: v for k, v in after[0].items() if k[0] == "ada"} == before[0]
    assert after[0]["fay", STEP, STEP][2] == 0, "nobody could judge the others"


def test_a_locked_gradebook_loses_nothing(course: Path) -> None:
    """One sentence, and the next run does the rest."""
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f'c.CourseDirectory.db_url = "sqlite:///{course}/gradebook.db?timeout=0.1"\n')
    grade(course, students=["ada"])
    before = rows(course)
    with sqlite3.connect(course / "gradebook.db") as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(GradingStopped, match=r"locked by another program.*Nothing is lost"):
            grade(course)
        other.rollback()
    assert rows(course) == before
    grade(course)
    assert {key[0] for key in rows(course)} == set(ANSWERS)


def test_a_full_disk_loses_nothing(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it fills up: one sentence, and the next run comes to the same end."""
    replace, left = os.replace, 0

    def until_full(source: Path, target: Path) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", until_full)
        for number in (0, 1, 2, 5):
            left = number
            with pytest.raises(GradingStopped, match=r"The disk is full.*Nothing is lost"):
                grade(course)
    grade(course)
    assert {key[0] for key in rows(course)} == set(ANSWERS)
    assert rows(course)["ada", STEP, STEP][2] == 6


def test_one_run_at_a_time(course: Path) -> None:
    """A second run on the same course is refused while the first one lasts, intake included."""
    with hold_course(course):
        for second in (lambda: grade(course), lambda: collect(course.parent / "inbox", course)):
            (course.parent / "inbox").mkdir(exist_ok=True)
            with pytest.raises(GradingStopped, match="wait until it has ended"):
                second()


def test_what_changes_while_it_is_graded_is_judged_the_next_time(course: Path) -> None:
    """Grading is about what was read once: the verdict on one file is written for no other."""
    with Writer(open_course(course)) as writer:
        run = GradingRun(open_course(course), writer)
        submission = run.read("carl", [STEP])
        job = run.job(submission)
        submit(course.parent / "inbox", "carl", answered(release(course), **RIGHT))
        collect(course.parent / "inbox", course)
        [graded] = run.write(submission, judge_job(job))
    assert not graded.problem
    assert rows(course)["carl", STEP, STEP][2] == 0, "the empty notebook that was read"
    grade(course)
    assert rows(course)["carl", STEP, STEP][2] == 6


def test_points_given_by_hand_hold_for_the_code_that_they_were_given_for(course: Path) -> None:
    """Other code with the same automatic score, and a person is asked again."""
    grade(course)
    by_a_person(course, "bea", 3, "tests_layer")
    submit(
        course.parent / "inbox", "bea", answered(release(course), todo_stack="def stack(x):\n    pass")
    )
    original = ANSWERS["bea"] | {"todo_stack": "def stack(x):\n    pass"}
    submit(course.parent / "inbox", "bea", answered(release(course), **original))
    collect(course.parent / "inbox", course)
    grade(course)
    mark = "bea", STEP, "grade", "tests_layer"
    assert rows(course)[mark] == (1, 3, None, False), "another exercise has changed"
    other = original | {"todo_layer": "def layer(x):\n    return 1"}
    submit(course.parent / "inbox", "bea", answered(release(course), **other))
    collect(course.parent / "inbox", course)
    grade(course)
    assert rows(course)[mark] == (1, 3, None, True)


def test_the_gradebook_finds_its_rows(course: Path) -> None:
    """By an index: without one, formgrader takes minutes to show a class of hundreds."""
    with sqlite3.connect(course / "gradebook.db") as gradebook:
        for table, column in LOOKED_UP.items():
            plan = gradebook.execute(f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE {column} = '1'")
            assert "USING INDEX" in str(plan.fetchall())


def test_a_missing_release_is_named(course: Path) -> None:
    """Before anything is graded without it."""
    (course / "release" / STEP / f"{STEP}.ipynb").unlink()
    with pytest.raises(FileNotFoundError, match="The release of 03_encoder is missing"):
        grade(course)


def test_coming_late_costs_in_every_table(course: Path) -> None:
    """Also what a person gives after grading: the report sets penalties anew."""
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(LATE)
    with open_course(course).gradebook as gradebook:
        gradebook.update_or_create_assignment(STEP, duedate=datetime.datetime(2026, 1, 1))
    (course / "submitted" / "ada" / STEP / "timestamp.txt").write_text("2026-01-01 12:00 UTC")
    grade(course)
    [ada] = [row for row in read_results(course).results if row.student == "ada"]
    assert ada.score == 4.5 and ada.cells_to_review == ["written_why"], "six points, a quarter less"
    by_a_person(course, "ada", 2)
    set_penalties(course)
    [ada] = [row for row in read_results(course).results if row.student == "ada"]
    assert ada.score == 6 and not ada.needs_review


def test_a_submission_that_cannot_be_graded_any_more_keeps_nothing(course: Path) -> None:
    """Neither the verdicts on what it was nor the page that told them."""
    grade(course)
    (course / "feedback" / "ada" / STEP).mkdir(parents=True)
    (course / "submitted" / "ada" / STEP / f"{STEP}.ipynb").write_text("no notebook")
    [ada] = [result for result in grade(course, students=["ada"])]
    [row] = [row for row in read_results(course).results if row.student == "ada"]
    assert ada.problem and row.score == 0 and not row.remarks
    assert not (course / "feedback" / "ada" / STEP).exists()
