"""Scores as CSV files for Canvas and for Moodle."""

import csv
from pathlib import Path

import pytest

from autograder.reports.platforms import export
from autograder.reports.results import decimal, read_results
from autograder.tests.gradebook.small_course import STEP
from autograder.workspace.course import open_course

pytestmark = pytest.mark.xdist_group("report")  # tests that share a graded course run in one process


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "=cmd|' /C calc'!A0"]
)
def test_name_never_becomes_a_formula(course: Path, name: str) -> None:
    with open_course(course).gradebook as gradebook:
        gradebook.update_or_create_student(name, first_name=name, last_name=name, email=name)
    paths, _ = export(read_results(course))
    for path in paths:
        rows = list(csv.reader(path.open(encoding="utf-8", newline="")))
        cells = [cell for row in rows for cell in row if name in cell]
        assert cells and all(cell.startswith("'") for cell in cells)


@pytest.mark.parametrize(
    ("points", "text"),
    [(0.0, "0"), (4.5, "4.5"), (10.0, "10"), (1 / 3, "0.3333"), (1234567.5, "1234567.5")],
)
def test_points_have_no_exponent_and_no_comma(points: float, text: str) -> None:
    assert decimal(points) == text


def read_csv(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    return list(csv.DictReader(path.open(encoding="utf-8")))


def test_tables_for_canvas_and_moodle_omit_scores_that_need_review(graded_course: Path) -> None:
    """Unless unfinished scores are asked for; students without an address are named."""
    paths, without_address = export(read_results(graded_course))
    canvas, moodle = map(read_csv, paths)
    assert list(canvas[0]) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", STEP]
    assert canvas[0]["Student"].strip() == "Points Possible" and canvas[0][STEP] == "8"
    scores = {row["SIS Login ID"]: row[STEP] for row in canvas[1:]}
    assert scores["bea"] == "4" and scores["ada"] == scores["emil"] == scores["zoe"] == ""
    [ada] = moodle
    assert ada["Email address"] == "a@b.org" and ada["Last name"] == "Lovelace"
    assert "zoe" in without_address and "ada" not in without_address
    (canvas_path, _), _ = export(read_results(graded_course), unfinished=True)
    scores = {row["SIS Login ID"]: row[STEP] for row in read_csv(canvas_path)}
    assert scores["ada"] == "6"
