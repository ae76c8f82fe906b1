"""Exports that are said to be some, that are asked about, and that a roster does not know."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.__main__ import app
from autograder.commands import instructor
from autograder.submissions.intake import collect
from autograder.submissions.student_ids import Roster, student_id
from autograder.tests.gradebook.small_course import STEP
from autograder.tests.submissions.inbox.test_exports import EXPORTS, STUDENTS
from autograder.tests.submissions.inbox_files import (
    NOTEBOOK,
    fill_inbox,
    outcomes,
    put_file,
    taken_files,
    yes,
    zip_bytes,
)

FORMS = {
    "canvas": ("canvas", "canvas zipped again", "canvas without names"),
    "moodle": ("moodle", "moodle without folders"),
    "blackboard": ("blackboard",),
    "brightspace": ("brightspace",),
}
LAYOUTS = [(platform, layout) for platform, layouts in FORMS.items() for layout in layouts]
NAMES = {
    "Canvas, names with underscores and digits": (
        "canvas",
        [
            ("de_la_cruz_jr_2_juan_45_678_{}", "de_la_cruz_jr_2_juan_45"),
            ("李小龍_LATE_46_679_{}", "李小龍_46"),
            ("o'neill-smithzoe_47_680_{}", "o'neill-smithzoe_47"),
        ],
    ),
    "Moodle, blind and in groups": (
        "moodle",
        [
            ("Participant_1042_assignsubmission_file_/{}", "Participant_1042"),
            ("Group A-Ada Lovelace_1043_assignsubmission_file_/{}", "Group A-Ada Lovelace_1043"),
            ("Ada Lovelace_1044_assignsubmission_file_{}", "Ada Lovelace_1044"),
        ],
    ),
    "Blackboard, a name with underscores": (
        "blackboard",
        [
            ("Step_3_of_13_alovelace_attempt_2026-11-27-23-59-59_{}", "alovelace"),
            ("Step_3_of_13_z.mueller2_attempt_2026-11-27-23-59-59_{}", "z.mueller2"),
        ],
    ),
    "Brightspace, other clocks": (
        "brightspace",
        [
            ("12345-67890 - Ada Lovelace - 27 November, 2026 1159 PM/{}", "Ada Lovelace_12345"),
            ("12346-67890 - Zoe - Maria Smith - Nov 27, 2026 901 AM/{}", "Zoe - Maria Smith_12346"),
            ("12347-67890 - Emmy Noether - 27 November, 2026 2359/{}", "Emmy Noether_12347"),
        ],
    ),
}


@pytest.mark.parametrize("case", NAMES)
def test_names_of_a_platform_are_read_whatever_they_hold(tmp_path: Path, course: Path, case: str) -> None:
    platform, names = NAMES[case]
    files = {pattern.format(f"{STEP}.ipynb"): NOTEBOOK for pattern, _ in names}
    source = put_file(tmp_path, "class.zip", zip_bytes(files))
    for said in ("", platform):
        students = taken_files(collect(source, course, platform=said, may_split=yes))
        assert students.keys() == {student_id(label) for _, label in names}


@pytest.mark.parametrize(("platform", "layout"), LAYOUTS)
def test_other_files_of_an_export_that_is_said_to_be_one_are_named(
    tmp_path: Path, course: Path, platform: str, layout: str
) -> None:
    put_file(tmp_path, "class.zip", zip_bytes(EXPORTS[layout]))
    others = {f"zoe/{STEP}.ipynb": NOTEBOOK, f"{STEP}.ipynb": NOTEBOOK, "broken.zip": b"PK"}
    others["bob.zip"] = zip_bytes({f"{STEP}.ipynb": NOTEBOOK})
    records = collect(fill_inbox(tmp_path, others), course, platform=platform)
    assert sorted(taken_files(records)) == sorted(STUDENTS[layout])
    found = outcomes(records)
    for path in (f"zoe/{STEP}.ipynb", f"{STEP}.ipynb", f"bob.zip/{STEP}.ipynb"):
        assert found[path][:2] == ("refused", "")
        assert f"is not named as in {platform.capitalize()}'s export" in found[path][2]
    assert found["broken.zip"][:2] == ("refused", "")
    text_alone = {"Bob_7"} if layout == "moodle" else set()  # who is named: nothing of it is graded
    assert {record.student for record in records} == {*STUDENTS[layout], *text_alone, ""}


def test_export_of_another_platform_makes_no_student(tmp_path: Path, course: Path) -> None:
    source = put_file(tmp_path, "class.zip", zip_bytes(EXPORTS["blackboard"]))
    records = collect(source, course, platform="moodle")
    assert {record.student for record in records} == {""}
    assert sum(record.outcome == "refused" for record in records) == 2


def test_unknown_platform_is_refused(tmp_path: Path, course: Path) -> None:
    with pytest.raises(ValueError, match="'sakai' is no platform; these are: blackboard, brightspace"):
        collect(put_file(tmp_path, "a.zip", zip_bytes({})), course, platform="sakai")


@pytest.mark.parametrize("answer", [True, False])
def test_export_beside_others_is_asked_about(tmp_path: Path, course: Path, answer: bool) -> None:
    put_file(tmp_path, "class.zip", zip_bytes(EXPORTS["canvas"]))
    inbox = put_file(tmp_path, f"zoe/{STEP}.ipynb", NOTEBOOK.encode())
    asked = []

    def may_split(*question: object) -> bool:
        asked.append(question)
        return answer

    records = collect(inbox, course, may_split=may_split)
    assert asked == [("class.zip", "Canvas", "2 people")]
    assert set(taken_files(records)) == {"zoe", *(STUDENTS["canvas"] if answer else ())}


@pytest.mark.parametrize(("is_terminal", "students"), [(True, 3), (False, 1)])
def test_question_is_asked_in_a_terminal_alone(
    tmp_path: Path, course: Path, monkeypatch: pytest.MonkeyPatch, is_terminal: bool, students: int
) -> None:
    put_file(tmp_path, "class.zip", zip_bytes(EXPORTS["canvas"]))
    inbox = put_file(tmp_path, f"zoe/{STEP}.ipynb", NOTEBOOK.encode())
    monkeypatch.setenv("DETR_COURSE", str(course))
    ask = instructor.question_in_a_terminal
    monkeypatch.setattr("sys.stdin.isatty", lambda: is_terminal)
    question = ask()
    assert (question is not None) == is_terminal
    monkeypatch.setattr(instructor, "question_in_a_terminal", lambda: question)
    result = CliRunner().invoke(app, ["intake", str(inbox)], input="y\n")
    assert result.exit_code == 0, result.output
    assert len(list((course / "submitted").iterdir())) == students
    assert ("class.zip is named as Canvas names files of 2 people" in result.output) == is_terminal


def test_export_of_whom_the_roster_knows_nobody_is_refused_unless_said_to_be_one(
    tmp_path: Path, course: Path
) -> None:
    source = put_file(tmp_path, "class.zip", zip_bytes(EXPORTS["canvas"]))
    roster = Roster({"ada", "bob"}, {"7": "ada"})
    records = collect(source, course, roster)
    assert not taken_files(records)
    assert "--export canvas" in next(record.reason for record in records if record.needs_review)
    records = collect(source, course, roster, platform="canvas")
    assert sorted(taken_files(records)) == STUDENTS["canvas"]
    reasons = [record.reason for record in records if record.needs_review]
    assert len(reasons) == 2 and all("who is not on the roster" in reason for reason in reasons)


@pytest.mark.parametrize("known", ["1042", "001042"])
def test_number_that_has_lost_its_zeros_is_asked_about(tmp_path: Path, course: Path, known: str) -> None:
    """It is not taken for the other one's: nobody knows whose it was."""
    number = "001042" if known == "1042" else "1042"
    files = {f"lovelaceada_{number}_55_{STEP}.ipynb": NOTEBOOK, f"bob_7_56_{STEP}.ipynb": NOTEBOOK}
    source = put_file(tmp_path, "class.zip", zip_bytes(files))
    records = collect(source, course, Roster({"ada", "bob"}, {known: "ada", "7": "bob"}), "canvas")
    assert set(taken_files(records)) == {"bob", f"lovelaceada_{number}"}
    [question] = [record for record in records if record.needs_review]
    assert f"is of {number}, and the roster has {known}" in question.reason


@pytest.mark.parametrize(
    "name", ["Test Student", "Student, Test", "test student (1)", "Teststudent", "Demo Student"]
)
def test_test_student_is_no_student(tmp_path: Path, course: Path, name: str) -> None:
    files = {f"{name}/{STEP}.ipynb": NOTEBOOK, f"ada/{STEP}.ipynb": NOTEBOOK}
    found = outcomes(collect(fill_inbox(tmp_path, files), course))
    assert found[f"ada/{STEP}.ipynb"][0] == "taken"
    assert found[f"{name}/{STEP}.ipynb"][:2] == ("ignored", "")
    assert "test student" in found[f"{name}/{STEP}.ipynb"][2]


@pytest.mark.parametrize(
    "test_file",
    [
        "studenttest_9_99_{}",
        "teststudent_LATE_9_99_{}",
        "Test Student_9_assignsubmission_file_/{}",
        "9-99 - Test Student - 27 November, 2026 1159 PM/{}",
        "Step 3_ada_previewuser_attempt_2026-11-27-23-59-59_{}",
    ],
)
def test_test_student_of_an_export_is_said_and_made_no_student(
    tmp_path: Path, course: Path, test_file: str
) -> None:
    name = test_file.format(f"{STEP}.ipynb")
    others = {
        "canv": EXPORTS["canvas"],
        "Test": EXPORTS["moodle"],
        "9-99": EXPORTS["brightspace"],
        "Step": EXPORTS["blackboard"],
    }
    files = others.get(name[:4], EXPORTS["canvas"]) | {
        name: NOTEBOOK,
        f"Feedback Files/x_{STEP}.pdf": "%PDF",
    }
    source = put_file(tmp_path, "class.zip", zip_bytes(files))
    found = outcomes(collect(source, course, may_split=yes))
    outcome, student, reason = found[f"class.zip/{name}"]
    assert (outcome, student) == ("ignored", "") and "test student" in reason
    assert found[f"class.zip/Feedback Files/x_{STEP}.pdf"][0] == "ignored"
    assert "gave back" in found[f"class.zip/Feedback Files/x_{STEP}.pdf"][2]


def test_zip_of_a_class_may_be_called_by_a_date(tmp_path: Path, course: Path) -> None:
    """Canvas names the files of students alike: where nobody is asked, another name is asked for."""
    source = put_file(tmp_path, "submissions_2026_11_27.zip", zip_bytes(EXPORTS["canvas"]))
    records = collect(source, course, platform="canvas")
    assert not taken_files(records) and "a name without numbers" in records[0].reason
    assert sorted(taken_files(collect(source, course, may_split=yes))) == STUDENTS["canvas"]
