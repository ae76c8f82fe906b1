"""Grading through nbgrader: what its traps would do to a score, regrades, manual grades, by hand."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from autograder.gradebook.grade import grade
from autograder.gradebook.grading_run import NOT_JUDGED
from autograder.judging.verdict import NOT_JUDGED as NEEDS_PERSON
from autograder.reports.console import results_table
from autograder.reports.feedback import write_feedback
from autograder.reports.results import read_results, write_scores
from autograder.submissions.intake import collect
from autograder.tests.gradebook.small_course import STEP, answered, find, make_course, release, submit
from autograder.workspace.course import open_course
from autograder.workspace.files import write_json
from autograder.workspace.paths import AUTOGRADER

pytestmark = pytest.mark.xdist_group("grade")  # one process, so that what they share is made once

ANSWERS = {
    "right": {"todo_layer": "def layer(x):\n    return x", "todo_stack": "def stack(x):\n    return x"},
    "blank": {},
    "wrong": {"todo_layer": "def layer(x):\n    return 0"},
    "nan": {"todo_layer": "NAN", "todo_stack": "TOO MUCH"},
    "breaks": {"todo_layer": "BREAK", "todo_stack": "def stack(x):\n    return x"},
    "exits": {"todo_layer": "EXIT"},
    "forgotten": {"todo_layer": "FORGET", "todo_stack": "def stack(x):\n    return x"},
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with a release and a gradebook, to be copied: making one takes seconds."""
    return make_course(tmp_path_factory.mktemp("template") / "course")


@pytest.fixture(scope="module")
def made(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that has graded a class once."""
    course = Path(shutil.copytree(template, tmp_path_factory.mktemp("class") / "course"))
    inbox = course.parent / "inbox"
    for student, answers in ANSWERS.items():
        notebook = answered(release(course), **answers)
        check = find(notebook, "tests_layer")
        check["metadata"]["tags"] = ["skip-execution"]
        check["outputs"] = [{"output_type": "stream", "name": "stderr", "text": "a warning"}]
        find(notebook, "todo_layer")["outputs"] = [
            {
                "output_type": "display_data",
                "data": {"text/html": "<b>x</b><script>evil()</script>"},
                "metadata": {},
            }
        ]
        submit(inbox, student, notebook)
    submit(inbox, "writer", answered(release(course), written_why="It is `a<b` <script>evil()</script>."))
    collect(inbox, course)
    problems = {result.student: result.problem for result in grade(course) if result.problem}
    assert problems == {"breaks": NOT_JUDGED, "exits": NOT_JUDGED}
    return course


def scores(course: Path) -> dict[str, float | None]:
    """Return each student's score."""
    return {row.student: row.score for row in read_results(course).results}


def manual(course: Path, student: str) -> SimpleNamespace:
    """Return the grade of the written answer, as the gradebook has it."""
    with open_course(course).gradebook as gradebook:
        mark = gradebook.find_grade("written_why", STEP, STEP, student)
        comment = gradebook.find_comment("written_why", STEP, STEP, student)
        fields = {
            name: getattr(mark, name) for name in ("auto_score", "manual_score", "needs_manual_grade")
        }
        return SimpleNamespace(comment=comment.comment, **fields)


def autograded(course: Path, student: str) -> dict:
    """Read the notebook that the person who grades sees."""
    return json.loads((course / "autograded" / student / STEP / f"{STEP}.ipynb").read_text())


def by_hand(course: Path, *words: str) -> subprocess.CompletedProcess:
    """Type an nbgrader command in the repository root, without the environment activated."""
    environment = {
        "HOME": os.environ.get("HOME", "/"),
        "PATH": "/usr/bin:/bin",
        "JUPYTER_CONFIG_PATH": "autograder",
        "DETR_COURSE": str(course),
    }
    return subprocess.run(
        [str(Path(sys.executable).parent / "nbgrader"), *words],
        cwd=AUTOGRADER.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_scores_are_the_judges(made: Path) -> None:
    """No trap of nbgrader's gives or takes a point: tags, stderr, NaN, too much, no verdict."""
    assert scores(made) == {
        "right": 6.0,
        "blank": 0.0,
        "wrong": 1.0,
        "nan": 2.0,
        "breaks": 0.0,
        "exits": 0.0,
        "forgotten": 2.0,
        "writer": 0.0,
    }


def test_graded_cells_show_sentence_and_score(made: Path) -> None:
    """Each graded cell holds the sentence, then a plain number."""
    shown = find(autograded(made, "wrong"), "tests_layer")["outputs"]
    assert shown[0] == {
        "name": "stdout",
        "output_type": "stream",
        "text": ["✗ layer does not return x.\n"],
    }
    assert shown[1]["data"] == {"text/plain": ["1.0"]}
    assert len(shown) == 2
    text = json.dumps(find(autograded(made, "nan"), "tests_layer")["outputs"])
    assert "not a number" in text and "\\u001b" not in text and "\\u0000" not in text


def test_what_nobody_judged_waits_for_a_person(made: Path) -> None:
    """A judge that fails costs one notebook's questions, and formgrader lists them."""
    for student, waiting in (("breaks", 2), ("exits", 2), ("forgotten", 1), ("wrong", 0)):
        with open_course(made).gradebook as gradebook:
            marks = gradebook.find_submission_notebook(STEP, STEP, student).grades
            assert sum(mark.needs_manual_grade for mark in marks) == waiting, student
    assert NEEDS_PERSON in json.dumps(autograded(made, "breaks"), ensure_ascii=False)


def test_rubric_is_for_the_grader_alone(made: Path) -> None:
    """The rubric stands behind the written answer in the autograded notebook, and not in the feedback."""
    cells = autograded(made, "writer")["cells"]
    place = next(i for i, c in enumerate(cells) if c["id"] == "written-why")
    assert "Model answer: because." in "".join(cells[place + 1]["source"])
    page = (write_feedback(made) / "writer" / STEP / f"{STEP}.html").read_text()
    assert "Model answer" not in page
    assert "hidden." not in page and "HIDDEN TESTS" not in page
    assert "check" in page


def test_pages_hold_no_scripts_of_a_learner(made: Path) -> None:
    """Text stays readable; tags in it no longer open. A picture or a log stays."""
    pages = write_feedback(made)
    for student in ("writer", "right"):
        page = (pages / student / STEP / f"{STEP}.html").read_text()
        assert "evil()" in page
        assert "<script>evil" not in page
    assert "a&lt;\u200bb" in (pages / "writer" / STEP / f"{STEP}.html").read_text()


def test_the_report_has_everyone(made: Path, tmp_path: Path) -> None:
    """The CSV has a line for each student and step; the table the first sentence that is not a pass."""
    lines = list(
        csv.DictReader(
            write_scores(read_results(made).results, tmp_path / "scores.csv").open(encoding="utf-8")
        )
    )
    assert {line["student"] for line in lines} == {*ANSWERS, "writer"}
    assert next(line for line in lines if line["student"] == "wrong") == {
        "student": "wrong", "step": STEP, "score": "1", "max": "8", "needs_manual": "no",
    }  # fmt: skip
    table = results_table(read_results(made).results)
    told = dict(zip(table.columns[0].cells, map(str, table.columns[-1].cells), strict=True))
    assert told["wrong"] == "✗ layer does not return x."
    assert told["blank"] == "○ layer: nothing here yet"
    assert told["right"] == "✓"


@pytest.fixture
def course(template: Path, tmp_path: Path) -> Path:
    """A course of its own, with one submission, for what changes things."""
    folder = Path(shutil.copytree(template, tmp_path / "course"))
    submit(tmp_path / "inbox", "ada", answered(release(folder), written_why="Because."))
    collect(tmp_path / "inbox", folder)
    grade(folder)
    return folder


def grade_by_hand(course: Path, student: str, score: float) -> None:
    """Do what formgrader does when a person enters a score and a comment."""
    with open_course(course).gradebook as gradebook:
        mark = gradebook.find_grade("written_why", STEP, STEP, student)
        mark.manual_score, mark.needs_manual_grade = score, False
        gradebook.find_comment("written_why", STEP, STEP, student).manual_comment = "Good, but why?"
        gradebook.db.commit()


def test_manual_grades_survive_a_regrade(course: Path) -> None:
    """The same answer stays graded; a changed one keeps its grade and is shown to a person again."""
    assert manual(course, "ada").needs_manual_grade
    grade_by_hand(course, "ada", 1.5)
    for _ in range(2):
        grade(course)
        kept = manual(course, "ada")
        assert (kept.manual_score, kept.comment, kept.needs_manual_grade) == (
            1.5,
            "Good, but why?",
            False,
        )
    inbox = course.parent / "inbox"
    submit(inbox, "ada", answered(release(course), written_why="Because of something else."))
    collect(inbox, course)
    for _ in range(2):
        grade(course)
        kept = manual(course, "ada")
        assert (kept.manual_score, kept.comment, kept.needs_manual_grade) == (1.5, "Good, but why?", True)


def test_a_regrade_replaces_the_automatic_score(course: Path) -> None:
    """A better submission gets more, a worse one less."""
    inbox = course.parent / "inbox"
    for answers, score in ((ANSWERS["right"], 6.0), (ANSWERS["wrong"], 1.0), ({}, 0.0)):
        submit(inbox, "ada", answered(release(course), **answers))
        collect(inbox, course)
        grade(course)
        assert scores(course) == {"ada": score}


def test_no_stale_score_where_grading_fails(course: Path) -> None:
    """A submission that cannot be read loses the score of last time and is named; the others go on."""
    inbox = course.parent / "inbox"
    submit(inbox, "ada", answered(release(course), **ANSWERS["right"]))
    submit(inbox, "bob", answered(release(course), **ANSWERS["right"]))
    collect(inbox, course)
    grade(course)
    (course / "submitted" / "ada" / STEP / f"{STEP}.ipynb").write_text('{"cells": [')
    results = {result.student: result.problem for result in grade(course)}
    assert results.keys() == {"ada"} and results["ada"]
    assert scores(course) == {"ada": 0.0, "bob": 6.0}
    assert next(row for row in read_results(course).results if row.student == "ada").needs_review


def test_a_damaged_file_leaves_the_others_graded(course: Path) -> None:
    """What intake refuses is in the report, with its reason and without a score."""
    inbox = course.parent / "inbox"
    submit(inbox, "cut", release(course)).write_text('{"nbformat": 4, "cells": [{"cell_type"')
    submit(inbox, "bob", answered(release(course), **ANSWERS["right"]))
    collect(inbox, course)
    grade(course)
    assert scores(course) == {"ada": 0.0, "bob": 6.0, "cut": None}
    cut = next(row for row in read_results(course).results if row.student == "cut")
    assert "cut off" in cut.remarks[0]


def test_only_some_are_graded(course: Path) -> None:
    """Students and steps can be chosen."""
    submit(course.parent / "inbox", "bob", release(course))
    collect(course.parent / "inbox", course)
    assert [result.student for result in grade(course, students=["bob"])] == ["bob"]
    assert grade(course, steps=[]) == []
    with pytest.raises(ValueError, match="no step '99_nothing'; it has 03_encoder"):
        grade(course, steps=["99_nothing"])
    with pytest.raises(ValueError, match="'eve' has submitted none"):
        grade(course, students=["eve"])


@pytest.mark.slow
def test_by_hand_from_another_process(course: Path) -> None:
    """`nbgrader autograde '*'`, `generate_feedback '*'` and `export` work as their users know them."""
    inbox = course.parent / "inbox"
    submit(inbox, "bob", answered(release(course), **ANSWERS["right"]))
    collect(inbox, course)
    # Put there by other means than intake: copied TODO, no checks, edited points.
    raw = answered(release(course), **ANSWERS["wrong"])
    raw["cells"] = [c for c in raw["cells"] if not c["id"].startswith("tests")]
    raw["cells"].append(find(raw, "todo_layer") | {"id": "copy"})
    write_json(course / "submitted" / "raw" / STEP / f"{STEP}.ipynb", raw)
    write_json(course / "submitted" / "old" / STEP / f"{STEP}.ipynb", {"nbformat": 3, "worksheets": []})
    done = by_hand(course, "autograde", "*")
    assert "Traceback" not in done.stderr or "old" in done.stderr
    assert scores(course) == {"ada": 0.0, "bob": 6.0, "raw": 1.0, "old": 0.0}
    done = by_hand(course, "generate_feedback", "*")
    assert done.returncode == 0, done.stderr
    assert (course / "feedback" / "bob" / STEP / f"{STEP}.html").is_file()
    done = by_hand(course, "export", f"--to={course / 'grades.csv'}")
    assert done.returncode == 0, done.stderr
    assert "bob" in (course / "grades.csv").read_text()


@pytest.mark.slow
def test_a_gradebook_is_made_by_hand(course: Path) -> None:
    """An instructor without our commands can make it, with alembic off the PATH."""
    (course / "gradebook.db").unlink()
    done = by_hand(course, "generate_assignment", STEP, "--force")
    assert done.returncode == 0, done.stderr
    assert (course / "gradebook.db").is_file()
