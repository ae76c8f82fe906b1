"""Tables that are read into the gradebook: the roster, deadlines, and times of submission."""

import datetime
from pathlib import Path

import pytest

from autograder.gradebook.grade import grade
from autograder.gradebook.queries import read_roster
from autograder.reports import csv_table, roster
from autograder.tests.gradebook.small_course import STEP
from autograder.workspace.course import open_course

pytestmark = pytest.mark.xdist_group("report")  # tests that share a graded course run in one process

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
    "spreadsheet's copy with totals": (
        "sep=;\nid;first_name\nada;Ada\nTest Student;\n;\nOverall average;3,5\n",
        {"ada": None},
    ),
    "moodle grades": (
        "First name,Surname,ID number,Email address\n"
        "Ada,Lovelace,,ada@uni.edu\nZoë,Müller,77,z@uni.edu\n",
        {"ada@uni.edu": None, "77": None},
    ),
}


@pytest.mark.parametrize("name", ROSTERS)
def test_roster_is_read_from_what_platforms_export(course: Path, tmp_path: Path, name: str) -> None:
    """Rows that are no student are left out; logins and addresses stay as they are."""
    table = tmp_path / "roster.csv"
    content, numbers = ROSTERS[name]
    table.write_text(content, encoding="utf-8")
    assert roster.import_roster(table, course)[0] == len(numbers)
    with open_course(course).gradebook as gradebook:
        assert {student: gradebook.find_student(student).lms_user_id for student in numbers} == numbers


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_roster_is_read_with_any_separator_and_encoding(
    tmp_path: Path, separator: str, encoding: str
) -> None:
    table = tmp_path / "roster.csv"
    rows = [("id", "first_name", "last_name"), ("zoe", "Zoë", '"Smith, the third; really"')]
    table.write_text("\r\n".join(separator.join(row) for row in rows), encoding=encoding, newline="")
    [row] = csv_table.read_table(table, "id").rows
    assert row["id"] == "zoe" and row["first_name"] == "Zoë" and row["last_name"][:8] == "Smith, t"


@pytest.mark.parametrize(
    "number",
    [
        "1042.0",
        "1E+05",
        "1,04E+05",
        "1042,00",
        "1.04e+5",
        "1,042",
        "1.042.311",
        "####",
        "10.42",
        "1042.5",
        ".5",
        "1 042",
    ],
)
def test_number_that_a_spreadsheet_has_changed_is_refused(tmp_path: Path, number: str) -> None:
    """Whose it was is not known any more."""
    table = tmp_path / "roster.csv"
    table.write_text(f"id;lms_user_id\nada;{number}\n")
    with pytest.raises(ValueError, match=r"roster\.csv, line 2: a spreadsheet has made"):
        csv_table.read_table(table, "id")


@pytest.mark.parametrize(
    ("time", "problem"),
    [
        ("Friday, 27 November 2026, 11:59 PM", "has no time zone"),
        ("2026-11-27 23:59", "has no time zone"),
        ("Freitag, 27. November 2026, 23:59", "cannot be read"),
        ("tomorrow", "cannot be read"),
        ("46353.99", "cannot be read"),
        ("03/04/2026 23:59", "may be in two months"),
    ],
)
def test_time_that_is_unclear_is_refused_with_its_line_and_an_example(
    course: Path, tmp_path: Path, time: str, problem: str
) -> None:
    table = tmp_path / "late.csv"
    table.write_text(f'student,time\nada,"{time}"\n')
    with pytest.raises(ValueError, match=rf"late\.csv, line 2: the time '{time}' {problem}; .*T23:59"):
        roster.import_times(table, course)


@pytest.mark.parametrize(
    "row",
    [
        *("Points Possible,,", "Overall average,3.5,", "Totals:,7,", "Median,1,", "Std. dev.,1,"),
        *("Test Student,,", '"Student, Test",,', "Student,Test,", "teststudent,,", "Demo Student,x,"),
    ],
)
def test_row_that_is_no_students_is_left_out_and_said(course: Path, tmp_path: Path, row: str) -> None:
    table = tmp_path / "roster.csv"
    table.write_text(f"id,first_name,last_name\nada,Ada,L\n{row}\n")
    number, [left_out] = roster.import_roster(table, course)
    assert number == 1 and left_out.startswith("line 3 (")


def test_id_that_has_lost_its_zeros_is_refused(course: Path, tmp_path: Path) -> None:
    (course / "submitted" / "0001042" / STEP).mkdir(parents=True)
    table = tmp_path / "roster.csv"
    table.write_text("id\n1042\n")
    with pytest.raises(ValueError, match=r"line 2: the id is 1042, and 0001042 has handed in"):
        roster.import_roster(table, course)
    table.write_text("id\n0001042\n1042x\n")
    assert roster.import_roster(table, course) == (2, [])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("ada,7,\nbea,7,\n", r"line 3: the number 7 of bea is that of ada, too"),
        ("carl,1042,\n", r"line 2: the number 1042 of carl is that of zoe, too"),
        (
            "ada,7,Ada\nada,8,Ada\n",
            r"line 3: the id ada is that of another student in table\.csv, line 2",
        ),
        (
            "ada,7,Ada\nada,7,Eve\n",
            r"line 3: the id ada is that of another student in table\.csv, line 2",
        ),
        ("Zo\u00eb,7,\nZoe\u0308,8,\n", r"line 3: the id Zoe\u0308 is that of another student"),
    ],
)
def test_roster_that_takes_two_students_for_one_is_refused(
    course: Path, tmp_path: Path, rows: str, message: str
) -> None:
    """Also where the other one is in the gradebook: what one submits would count for the other."""
    with open_course(course).gradebook as gradebook:
        gradebook.update_or_create_student("zoe", lms_user_id="1042")
        before = len(gradebook.students)
    table = tmp_path / "table.csv"
    table.write_text(f"id,lms_user_id,first_name,email\n{rows}", encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        roster.import_roster(table, course)
    with open_course(course).gradebook as gradebook:
        assert len(gradebook.students) == before


def test_row_that_stands_there_twice_is_one_student(course: Path, tmp_path: Path) -> None:
    """As in lists of two sections that were joined."""
    table = tmp_path / "table.csv"
    table.write_text("id,lms_user_id,section\nada,7,A\nbea,8,A\nada,7,B\n")
    assert roster.import_roster(table, course) == (2, [])


@pytest.mark.parametrize(
    ("number", "known"),
    [
        ("Participant 1042", "1042"),
        ("Teilnehmer/in 1042", "1042"),
        ("#1042", "1042"),
        ("s1042", "s1042"),
        ("A-7", "A-7"),
        ("2026-1042", "2026-1042"),
        ("Participant 1-042", "Participant 1-042"),
    ],
)
def test_number_is_read_as_a_whole(tmp_path: Path, number: str, known: str) -> None:
    table = tmp_path / "table.csv"
    table.write_text(f"id,lms_user_id\nada,{number}\n")
    [row] = csv_table.read_table(table, "id").rows
    assert row["lms_user_id"] == known


def test_number_of_two_students_in_a_gradebook_tells_neither(course: Path) -> None:
    """As other programs may have written it."""
    with open_course(course).gradebook as gradebook:
        for student, number in (("ada", "7"), ("bea", "7"), ("zoe", "8")):
            gradebook.update_or_create_student(student, lms_user_id=number)
    assert read_roster(course).numbers == {"8": "zoe"}


def test_times_are_written_through_no_link(course: Path, tmp_path: Path) -> None:
    target = tmp_path / "target.txt"
    target.write_text("as it was")
    (course / "submitted" / "bea" / STEP / "timestamp.txt").symlink_to(target)
    table = tmp_path / "late.csv"
    table.write_text("student,time\nbea,2026-11-28T01:59+01:00\n")
    assert roster.import_times(table, course) == (0, ["bea"])
    assert target.read_text() == "as it was"


def test_deadlines_and_times_are_read_in_any_time_zone(course: Path, tmp_path: Path) -> None:
    """Unknown students are named; unknown steps, missing columns, values and time zones are refused."""
    table = tmp_path / "table.csv"
    table.write_text(f"step,due\n{STEP},2026-11-27T23:59+01:00\n")
    assert roster.import_deadlines(table, course) == 1
    with open_course(course).gradebook as gradebook:
        assert gradebook.find_assignment(STEP).duedate == datetime.datetime(2026, 11, 27, 22, 59)
    table.write_text("student,time\nbea,2026-11-28T01:59+01:00\nnobody,2026-11-28T01:59+01:00\n")
    assert roster.import_times(table, course) == (1, ["nobody"])
    assert [result.student for result in grade(course) if not result.problem] == ["bea"]
    with open_course(course).gradebook as gradebook:
        assert gradebook.find_submission(STEP, "bea").total_seconds_late == 7200
    with (course / "nbgrader_config.py").open("a") as config:
        config.write('c.LatePolicy.timezone = "Europe/Berlin"\n')
    table.write_text(f'step,due\n{STEP},"Nov 27, 2026 at 11:59pm"\n')
    assert roster.import_deadlines(table, course) == 1
    with open_course(course).gradebook as gradebook:
        assert gradebook.find_assignment(STEP).duedate == datetime.datetime(2026, 11, 27, 22, 59)


def test_deadlines_that_name_no_step_or_time_are_refused(course: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    for content, reason in (
        ("step,due\n99_none,2026-11-27T23:59Z\n", "'99_none', which is no step"),
        ("step\n03_encoder\n", "no column 'time'; it may be called time, due"),
        (f"step,due\n{STEP},2026-11-27T23:59\n", "has no time zone"),
        (f"step,due\n{STEP},\n", "line 2: the time is empty"),
    ):
        table.write_text(content)
        with pytest.raises(ValueError, match=reason):
            roster.import_deadlines(table, course)
