"""The results of a class as a CSV file and as a table on the terminal."""

import csv
from pathlib import Path

import pytest

from autograder.reports.console import results_table
from autograder.reports.results import read_results, write_scores
from autograder.submissions.student_ids import student_id
from autograder.tests.gradebook.small_course import STEP
from autograder.tests.reports.graded_course import ANSWERS, DAMAGED

pytestmark = pytest.mark.xdist_group("report")  # tests that share a graded course run in one process


def test_scores_and_table_have_every_student(graded_course: Path) -> None:
    """The table shows the first message of each student that is not a pass."""
    results = read_results(graded_course)
    lines = list(csv.DictReader(write_scores(results).open(encoding="utf-8")))
    assert {line["student"] for line in lines} == {*ANSWERS, student_id(DAMAGED)}
    assert next(line for line in lines if line["student"] == "carl") == {
        "student": "carl", "step": STEP, "score": "1.5", "max": "8", "needs_manual": "no",
    }  # fmt: skip
    table = results_table(results.results)
    messages = dict(zip(table.columns[0].cells, map(str, table.columns[-1].cells), strict=True))
    assert messages["carl"] == "✗ layer does not return x."
    assert messages["bea"] == "○ stack: nothing here yet"
    assert messages["ada"] == "✓"
