"""Scores as CSV files for Canvas and for Moodle."""

import csv
from pathlib import Path

import pytest
from nbgrader.plugins import CsvExportPlugin
from traitlets.utils.importstring import import_item

from autograder.reports.csv_table import is_formula, write_table
from autograder.reports.platforms import export
from autograder.reports.results import decimal, read_results, write_scores
from autograder.tests.gradebook.small_course import STEP
from autograder.workspace.course import nbgrader_settings, open_course

pytestmark = pytest.mark.xdist_group("report")  # tests that share a graded course run in one process


FORMULAS = (
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0", " =1", "\u00a0=1", "\n =1"),
    *("＝1", "＋1", "－1", "＠1", "﹦1", "⁻1", "−1", "\u200b=1", "\ufeff=1", "\x01=1", "\u202e=1"),
)


@pytest.mark.parametrize("name", FORMULAS)
def test_text_never_becomes_a_formula(tmp_path: Path, name: str) -> None:
    """Whatever stands before the sign unseen, and in a program that separates by other signs."""
    path = tmp_path / "table.csv"
    for cell, expected in ((name, f"'{name}"), (f"Ada;{name.strip()}", f"Ada;'{name.strip()}")):
        write_table(path, [[cell, "1"]])
        [[first, _]] = csv.reader(path.open(encoding="utf-8", newline=""))
        assert first.replace("\t'", "\t").replace("\n'", "\n").replace("\r'", "\r") == expected


@pytest.mark.parametrize("text", ["Ada-Maria", "a@uni.edu", "O'Neill", "1.5", "Müller, Zoë", "x = 1", ""])
def test_ordinary_text_is_written_as_it_is(tmp_path: Path, text: str) -> None:
    write_table(tmp_path / "table.csv", [[text, "1"]])
    [[first, _]] = csv.reader((tmp_path / "table.csv").open(encoding="utf-8", newline=""))
    assert first == text


def test_no_table_of_a_course_holds_a_formula(course: Path) -> None:
    """Names, addresses, ids and numbers; nbgrader's own table, too."""
    with open_course(course).gradebook as gradebook:
        for number, name in enumerate(FORMULAS):
            fields = {"first_name": f"{name}1", "last_name": f" {name}2", "email": f"\t{name}3"}
            gradebook.update_or_create_student(f"{name}{number}", lms_user_id=f"{name}4", **fields)
    results = read_results(course)
    paths, _ = export(results)
    for path in [*paths, write_scores(results), nbgraders_table(course)]:
        rows = list(csv.reader(path.open(encoding="utf-8", newline="")))
        assert len({len(row) for row in rows}) == 1, path
        for cell in (cell for row in rows for cell in row):
            assert not is_formula(cell), (path, cell)


def nbgraders_table(course: Path, stock: bool = False) -> Path:
    """Let `nbgrader export` write its table, by nbgrader's own plugin or by the one in its settings."""
    settings = nbgrader_settings(course)
    plugin = CsvExportPlugin if stock else import_item(settings.ExportApp.plugin_class)
    path = course / "grades.csv"
    with open_course(course).gradebook as gradebook:
        plugin(to=str(path)).export(gradebook)
    return path


def test_nbgraders_table_is_the_one_that_nbgrader_writes(course: Path) -> None:
    expected = nbgraders_table(course, stock=True).read_text(encoding="utf-8")
    assert expected.count("\n") > 4 and "Lovelace" in expected
    assert nbgraders_table(course).read_text(encoding="utf-8").replace("\r\n", "\n") == expected


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
