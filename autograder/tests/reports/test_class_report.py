"""What an instructor gets beside the gradebook: the report, tables for platforms, the roster."""

import csv
import datetime
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from autograder.gradebook.grade import grade
from autograder.reports import feedback, roster
from autograder.reports.class_report import write_class_report
from autograder.reports.platforms import export
from autograder.reports.results import read_results
from autograder.submissions.intake import collect
from autograder.tests.gradebook.small_course import STEP, answered, make_course, release, submit
from autograder.workspace.course import open_course

pytestmark = pytest.mark.xdist_group("report")  # one process, so that what they share is made once

LONG = "\n".join(f"    total = total + {number} * x" for number in range(20))
RIGHT = {"todo_layer": f"def layer(x):\n    total = 0\n{LONG}\n    return x"}
ANSWERS = {
    "ada": RIGHT | {"todo_stack": "def stack(x):\n    return x", "written_why": "Because."},
    "bea": {"todo_layer": RIGHT["todo_layer"].replace("total = 0", "total = 0  # mine")},
    "carl": {"todo_layer": "def layer(x):\n    return 0", "todo_stack": "def stack(x):\n    return 0"},
    "dora": {"todo_stack": "def stack(x):\n    return 0", "todo_layer": "def layer(x):\n    return 0"},
    "emil": {"todo_layer": "BREAK"},
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class that was graded, one file damaged; one on the roster has handed in nothing."""
    course = make_course(tmp_path_factory.mktemp("class") / "course")
    inbox = course.parent / "inbox"
    for student, answers in ANSWERS.items():
        submit(inbox, student, answered(release(course), **answers))
    submit(inbox, "<cut>", release(course)).write_text('{"nbformat": 4, "cells": [')
    table = course.parent / "roster.csv"
    table.write_text(
        "Username,First name,Surname,Email address\nada,Ada,Lovelace,a@b.org\nzoe,Zoë,<b>,\n"
    )
    assert roster.import_roster(table, course) == 2
    collect(inbox, course)
    grade(course)
    return course


class Tables(HTMLParser):
    """Reads a page's tables as a screen reader does: rows of texts, each cell with its headings."""

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


def test_the_page(graded: Path) -> None:
    """The matrix has everyone, sentences are counted, equal answers flagged; the page loads nothing."""
    page = write_class_report(read_results(graded), graded / "report.html").read_text(encoding="utf-8")
    matrix, checks, told, person, alike = Tables(page).tables
    states = {row[0].split()[0]: [cell[1:].partition(":")[0] for cell in row[3:]] for row in matrix[2:]}
    assert states["ada"] == ["right", "right"]
    assert states["bea"] == ["right", "open"]
    assert states["dora"] == ["wrong", "wrong"]
    assert states["emil"] == ["waiting", "waiting"], "whose judge broke"
    assert any(cell.endswith("layer does not return x.") for row in matrix for cell in row)
    assert states["zoe"] == ["missing", "missing"]
    assert len(states) == len(ANSWERS) + 2
    assert [row[0] for row in checks[1:]] == ["stack", "layer"], "the hardest first"
    assert told[1][:3] == ["2", "layer", "layer does not return x."]
    assert any("cut off" in row[2] for row in person) and any("Written" in row[2] for row in person)
    assert [row[:2] for row in alike[1:]] == [["2", "1"]] and "ada, bea" in alike[1][3]
    assert "<b>" not in page and "&lt;b&gt;" in page
    assert not re.search(r"(src|href)=.(?!#)|https?:|@import|url\(", page), "it loads something"


def test_the_page_reads_without_eyes(graded: Path) -> None:
    """Every heading cell says what it heads, every control has words, every table a caption."""
    page = write_class_report(read_results(graded), graded / "report.html").read_text(encoding="utf-8")
    found = Tables(page).attributes
    assert all("scope" in own for tag, own in found if tag == "th")
    assert page.count("<caption") == page.count("<table")
    assert ("html", {"lang": "en"}) in found
    assert page.count("<label>") == page.count("<input")


def test_tables_for_platforms(graded: Path) -> None:
    """Both find students by what they know of them; what a person has to look at stays empty."""
    paths, lost = export(read_results(graded))
    canvas, moodle = (list(csv.DictReader(path.open(encoding="utf-8"))) for path in paths)
    assert list(canvas[0]) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", STEP]
    assert canvas[0]["Student"].strip() == "Points Possible" and canvas[0][STEP] == "8"
    scores = {row["SIS Login ID"]: row[STEP] for row in canvas[1:]}
    assert scores["bea"] == "4" and scores["ada"] == scores["emil"] == scores["zoe"] == ""
    [ada] = moodle
    assert ada["Email address"] == "a@b.org" and ada["Last name"] == "Lovelace"
    assert "zoe" in lost and "ada" not in lost
    (canvas_path, _), _ = export(read_results(graded), unfinished=True)
    scores = {
        row["SIS Login ID"]: row[STEP] for row in csv.DictReader(canvas_path.open(encoding="utf-8"))
    }
    assert scores["ada"] == "6"


# As the platforms export them: the table, the students' ids and their numbers.
ROSTERS = {
    "canvas gradebook": (
        "Student,ID,SIS User ID,SIS Login ID,Section,Step 3 (5)\n,,,,,Manual Posting\n"
        '    Points Possible,,,,,5\n"Lovelace, Ada",1042,77,ada@uni.edu,A,\n"Müller, Zoë",1043,,,A,\n',
        {"ada@uni.edu": "1042", "1043": "1043"},
    ),
    "moodle grading worksheet": (
        "Identifier,Full name,Email address,Status,Grade\nParticipant 1042,Ada Lovelace,ada@uni.edu,,\n",
        {"ada@uni.edu": "1042"},
    ),
    "moodle grades": (
        "First name,Surname,ID number,Email address\n"
        "Ada,Lovelace,,ada@uni.edu\nZoë,Müller,77,z@uni.edu\n",
        {"ada@uni.edu": None, "77": None},
    ),
}


@pytest.mark.parametrize("name", ROSTERS)
def test_what_platforms_export_is_a_roster(graded: Path, tmp_path: Path, name: str) -> None:
    """Rows that are nobody are left out; logins and addresses stay as they are; numbers are found."""
    course, table = Path(shutil.copytree(graded, tmp_path / "course")), tmp_path / "roster.csv"
    content, expected = ROSTERS[name]
    table.write_text(content, encoding="utf-8")
    assert roster.import_roster(table, course) == len(expected)
    with open_course(course).gradebook as gradebook:
        assert {one: gradebook.find_student(one).lms_user_id for one in expected} == expected


def test_a_number_is_one_student_s(graded: Path, tmp_path: Path) -> None:
    """Else a platform's zip would count for somebody else."""
    table = tmp_path / "roster.csv"
    table.write_text("id,lms_user_id\nada,7\nbea,7\n")
    with pytest.raises(ValueError, match="the number 7 to more than one student"):
        roster.import_roster(table, graded)


def test_deadlines_and_times(graded: Path, tmp_path: Path) -> None:
    """They come from tables, in any time zone; what is missing or unknown is said."""
    table = tmp_path / "table.csv"
    table.write_text(f"step,due\n{STEP},2026-11-27T23:59+01:00\n")
    assert roster.import_deadlines(table, graded) == 1
    with open_course(graded).gradebook as gradebook:
        assert gradebook.find_assignment(STEP).duedate == datetime.datetime(2026, 11, 27, 22, 59)
    table.write_text("student,time\nbea,2026-11-28T01:59+01:00\nnobody,2026-11-28T01:59+01:00\n")
    assert roster.import_times(table, graded) == (1, ["nobody"])
    assert [result.student for result in grade(graded) if not result.problem] == ["bea"]
    with open_course(graded).gradebook as gradebook:
        assert gradebook.find_submission(STEP, "bea").total_seconds_late == 7200
    for content, reason in (
        ("step,due\n99_none,2026-11-27T23:59Z\n", "'99_none', which is no step"),
        ("step\n03_encoder\n", "no column 'time'; it may be called time, due"),
        (f"step,due\n{STEP},2026-11-27T23:59\n", "has no time zone"),
        (f"step,due\n{STEP},\n", "line 2: a value is empty"),
    ):
        table.write_text(content)
        with pytest.raises(ValueError, match=reason):
            roster.import_deadlines(table, graded)


def test_feedback_is_written_where_it_changes(graded: Path, tmp_path: Path) -> None:
    """A second run writes nothing; a person's comment has one page written again."""
    course = Path(shutil.copytree(graded, tmp_path / "course"))
    feedback.write_feedback(course)
    pages = {path: path.stat().st_mtime_ns for path in course.glob("feedback/*/*/*.html")}
    assert len(pages) == len(ANSWERS)
    with open_course(course).gradebook as gradebook:
        gradebook.find_comment("written_why", STEP, STEP, "ada").manual_comment = "Why not?"
        gradebook.db.commit()
    feedback.write_feedback(course)
    changed = [path for path, time in pages.items() if path.stat().st_mtime_ns != time]
    assert [path.parts[-3] for path in changed] == ["ada"]
    assert "Why not?" in changed[0].read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_costs_no_other(
    graded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named at the end; the next run writes it."""
    course = Path(shutil.copytree(graded, tmp_path / "course"))
    write_page = feedback.write_page
    broken = {"ada": "the disk is gone"}
    monkeypatch.setattr(feedback, "write_page", lambda c, p: broken.get(p[0]) or write_page(c, p))
    with pytest.raises(ValueError, match=rf"the page of ada in {STEP}:\nthe disk is gone"):
        feedback.write_feedback(course)
    assert len(list(course.glob("feedback/*/*/*.html"))) == len(ANSWERS) - 1
    broken.clear()
    feedback.write_feedback(course)
    assert len(list(course.glob("feedback/*/*/*.html"))) == len(ANSWERS)
