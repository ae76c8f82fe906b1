"""The page about a class: what it shows, that it loads nothing, that it can be read aloud."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from autograder.reports.class_report import try_command, write_class_report
from autograder.reports.results import read_results
from autograder.tests.gradebook.small_course import STEP
from autograder.tests.reports.graded_course import ANSWERS
from autograder.workspace.paths import AUTOGRADER

pytestmark = pytest.mark.xdist_group("report")  # tests that share a graded course run in one process


class TableReader(HTMLParser):
    """Reads the tables of a page as rows of texts, and the attributes of all its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.attributes: list[tuple[str, dict]] = []
        self.in_cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.attributes.append((tag, dict(attrs)))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.in_cell:
            self.tables[-1][-1][-1] += data


@pytest.fixture
def page(graded_course: Path) -> str:
    """The page about the graded course."""
    return write_class_report(read_results(graded_course)).read_text(encoding="utf-8")


def test_report_shows_students_checks_messages_reviews_and_equal_answers(page: str) -> None:
    matrix, checks, messages, reviews, equal_answers, _ = TableReader(page).tables
    states = {row[0].split()[0]: [cell[1:].partition(":")[0] for cell in row[3:]] for row in matrix[2:]}
    assert states["ada"] == ["right", "right"]
    assert states["bea"] == ["right", "open"]
    assert states["dora"] == ["wrong", "wrong"]
    assert states["emil"] == ["waiting", "waiting"], "whose judge broke"
    assert any(cell.endswith("layer does not return x.") for row in matrix for cell in row)
    assert states["zoe"] == ["missing", "missing"]
    assert len(states) == len(ANSWERS) + 2
    assert [row[0] for row in checks[1:]] == ["stack", "layer"], "the hardest first"
    assert messages[1][:3] == ["2", "layer", "layer does not return x."]
    assert messages[1][3] == "carl, dora"
    assert any("cut off" in row[2] for row in reviews) and any("Written" in row[2] for row in reviews)
    assert [row[:2] for row in equal_answers[1:]] == [["2", "1"]] and "ada, bea" in equal_answers[1][3]
    assert "<b>" not in page and "&lt;b&gt;" in page
    assert not re.search(r"(src|href)=.(?!#)|https?:|@import|url\(", page), "it loads something"


def test_report_gives_for_each_failed_verdict_the_command_that_tries_it_again(
    page: str, graded_course: Path
) -> None:
    reader = TableReader(page)
    path = graded_course / "submitted" / "carl" / STEP / f"{STEP}.ipynb"
    command = f"DETR_COURSE={graded_course} python -m autograder try layer {path}"
    assert path.is_file()
    assert reader.tables[2][1][4] == command, "of the first student with this message"
    shown = [
        values["data-try"] for tag, values in reader.attributes if tag == "td" and "data-try" in values
    ]
    assert command in shown
    states = [cell[1:].partition(":")[0] for row in reader.tables[0][2:] for cell in row[3:]]
    assert len(shown) == states.count("wrong") + states.count("waiting")


def test_command_names_the_own_course_from_the_top_and_quotes_odd_ids() -> None:
    command = try_command(AUTOGRADER / "course", "a b", "05_heads", "heads")
    path = "'autograder/course/submitted/a b/05_heads/05_heads.ipynb'"
    assert command == f"python -m autograder try heads {path}"


def test_trained_model_has_no_command_since_it_is_no_answer_in_a_cell() -> None:
    assert try_command(AUTOGRADER / "course", "ada", "09_training", "toy_detr") == ""


def test_report_has_scopes_captions_labels_and_a_language(page: str) -> None:
    """So that a screen reader can read it."""
    attributes = TableReader(page).attributes
    assert all("scope" in values for tag, values in attributes if tag == "th")
    assert page.count("<caption") == page.count("<table")
    assert ("html", {"lang": "en"}) in attributes
    assert page.count("<label>") == page.count("<input")
