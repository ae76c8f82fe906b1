"""Scores of a graded class: nbgrader scores the verdicts, whatever tags, outputs or numbers there are."""

import json
from pathlib import Path

import pytest

from autograder.judging.verdict import NOT_JUDGED
from autograder.reports.results import read_results
from autograder.tests.gradebook.small_course import STEP, find_cell
from autograder.workspace.course import open_course

pytestmark = pytest.mark.xdist_group("gradebook")  # tests that share courses run in one process


def read_autograded(course: Path, student: str) -> dict:
    """Read the notebook that the person who grades sees."""
    return json.loads((course / "autograded" / student / STEP / f"{STEP}.ipynb").read_text())


def test_scores_are_those_of_the_verdicts(graded_class: Path) -> None:
    """Tags, stderr, NaN, too much credit and missing verdicts neither give nor take points."""
    assert {row.student: row.score for row in read_results(graded_class).results} == {
        "right": 6.0,
        "blank": 0.0,
        "wrong": 1.0,
        "nan": 2.0,
        "breaks": 0.0,
        "exits": 0.0,
        "forgotten": 2.0,
        "writer": 0.0,
    }


def test_graded_cells_show_message_and_score(graded_class: Path) -> None:
    outputs = find_cell(read_autograded(graded_class, "wrong"), "tests_layer")["outputs"]
    assert outputs[0] == {
        "name": "stdout",
        "output_type": "stream",
        "text": ["✗ layer does not return x.\n"],
    }
    assert outputs[1]["data"] == {"text/plain": ["1.0"]}
    assert len(outputs) == 2
    text = json.dumps(find_cell(read_autograded(graded_class, "nan"), "tests_layer")["outputs"])
    assert "not a number" in text and "\\u001b" not in text and "\\u0000" not in text


def test_exercises_without_verdict_need_review(graded_class: Path) -> None:
    """A judge that fails costs the exercises of one notebook, and formgrader lists them."""
    for student, expected in (("breaks", 2), ("exits", 2), ("forgotten", 1), ("wrong", 0)):
        with open_course(graded_class).gradebook as gradebook:
            grades = gradebook.find_submission_notebook(STEP, STEP, student).grades
            assert sum(grade.needs_manual_grade for grade in grades) == expected, student
    notebook = read_autograded(graded_class, "breaks")
    assert NOT_JUDGED in json.dumps(notebook, ensure_ascii=False)
