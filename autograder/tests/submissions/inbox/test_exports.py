"""The submissions of a class as learning platforms export them."""

import json
from pathlib import Path

import pytest

from autograder.gradebook.queries import read_roster
from autograder.submissions.intake import collect
from autograder.submissions.student_ids import Roster, student_id
from autograder.tests.gradebook.small_course import STEP, find_cell
from autograder.tests.submissions.inbox_files import (
    NOTEBOOK,
    RIGHT,
    put_file,
    taken_files,
    yes,
    zip_bytes,
)
from autograder.workspace.course import open_course

EXPORTS = {
    "moodle": {
        f"Ada Lovelace_1042_assignsubmission_file/{STEP}.ipynb": NOTEBOOK,
        "Zoë Müller_1043_assignsubmission_file/homework.zip": zip_bytes({f"a/{STEP}.ipynb": NOTEBOOK}),
        "Bob_7_assignsubmission_onlinetext/onlinetext.html": "<p>My text</p>",
    },
    "moodle without folders": {
        f"Ada Lovelace_1042_assignsubmission_file_{STEP}.ipynb": NOTEBOOK,
        f"Zoë Müller_1043_assignsubmission_file_{STEP}.ipynb": NOTEBOOK,
    },
    "canvas": {
        f"lovelaceada_1042_55_{STEP}.ipynb": NOTEBOOK,
        f"muellerzoe_LATE_1043_56_{STEP}-1.ipynb": NOTEBOOK,
        "muellerzoe_LATE_1043_57_notes.pdf": "%PDF",
    },
}
EXPORTS |= {
    "brightspace": {
        f"12345-67890 - Ada Lovelace - 27 November, 2026 1159 PM/{STEP}.ipynb": NOTEBOOK,
        f"12346-67890 - Zoë Müller - 28 November, 2026 901 AM/{STEP}.ipynb": NOTEBOOK,
        "index.html": "<html>",
    },
    "blackboard": {
        f"Step 3_alovelace_attempt_2026-11-27-23-59-59_{STEP}.ipynb": NOTEBOOK,
        "Step 3_alovelace_attempt_2026-11-27-23-59-59.txt": "Name: Ada Lovelace",
        f"Step 3_zmueller_attempt_2026-11-27-23-59-58_{STEP}.ipynb": NOTEBOOK,
    },
    "canvas zipped again": {
        f"submissions/lovelaceada_45_678_{STEP}.ipynb": NOTEBOOK,
        f"submissions/de_la_cruz_juan_LATE_46_679_{STEP}.ipynb": NOTEBOOK,
    },
    "canvas without names": {
        f"anon_AbC12_67890_{STEP}.ipynb": NOTEBOOK,
        f"anon_Xy9_LATE_67891_{STEP}.ipynb": NOTEBOOK,
    },
}
STUDENTS = {
    "brightspace": [student_id("Ada Lovelace_12345"), student_id("Zoë Müller_12346")],
    "blackboard": ["alovelace", "zmueller"],
    "canvas zipped again": ["de_la_cruz_juan_46", "lovelaceada_45"],
    "canvas without names": ["anon_AbC12", "anon_Xy9"],
    "moodle": [student_id("Ada Lovelace_1042"), student_id("Zoë Müller_1043")],
    "moodle without folders": [student_id("Ada Lovelace_1042"), student_id("Zoë Müller_1043")],
    "canvas": ["lovelaceada_1042", "muellerzoe_1043"],
}


@pytest.mark.parametrize("platform", EXPORTS)
@pytest.mark.parametrize("is_source", [True, False])
def test_zip_of_a_class_is_taken_by_student(
    tmp_path: Path, course: Path, platform: str, is_source: bool
) -> None:
    """The zip is what is collected, or it lies alone in the inbox; somebody has to say that it is one."""
    source = put_file(tmp_path, "export.zip", zip_bytes(EXPORTS[platform]))
    source = source / "export.zip" if is_source else source
    refused = collect(source, course)
    assert not taken_files(refused) and any(record.needs_review for record in refused)
    records = collect(source, course, may_split=yes)
    assert sorted(taken_files(records)) == sorted(STUDENTS[platform])
    for student in STUDENTS[platform]:
        path = course / "submitted" / student / STEP / f"{STEP}.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        assert find_cell(notebook, "todo_layer")["source"] == RIGHT


def test_unpacked_export_is_taken_by_student(tmp_path: Path, course: Path) -> None:
    for name, content in EXPORTS["moodle"].items():
        put_file(tmp_path, name, content if isinstance(content, bytes) else content.encode())
    assert set(STUDENTS["moodle"]) <= set(taken_files(collect(tmp_path / "inbox", course, may_split=yes)))


def test_zip_beside_others_counts_for_its_owner_alone(tmp_path: Path, course: Path) -> None:
    """Also where its files are named as in an export."""
    put_file(tmp_path, "mallory.zip", zip_bytes({f"ada_7_assignsubmission_file/{STEP}.ipynb": NOTEBOOK}))
    records = collect(put_file(tmp_path, f"zoe/{STEP}.ipynb", NOTEBOOK.encode()), course)
    assert set(taken_files(records)) == {"mallory", "zoe"}


def test_exports_of_several_steps_are_joined_by_student(tmp_path: Path, course: Path) -> None:
    for number in (578, 678):
        names = f"lovelaceada_45_{number}_{STEP}.ipynb", f"noetheremmy_46_{number}_{STEP}.ipynb"
        put_file(tmp_path, f"{number}.zip", zip_bytes(dict.fromkeys(names, NOTEBOOK)))
    records = collect(tmp_path / "inbox", course, may_split=yes)
    assert set(taken_files(records)) == {"lovelaceada_45", "noetheremmy_46"}
    assert len(records) == 4 and not any(record.needs_review for record in records)


def test_files_that_a_browser_has_unpacked_are_taken_by_student(tmp_path: Path, course: Path) -> None:
    """Also beside a file of the instructor's, which is named."""
    put_file(tmp_path, "my grades.csv", b"a,b")
    put_file(tmp_path, f"lovelaceada_45_678_{STEP}.ipynb", NOTEBOOK.encode())
    source = put_file(tmp_path, f"noetheremmy_LATE_46_679_{STEP}.ipynb", NOTEBOOK.encode())
    records = collect(source, course, may_split=yes)
    assert set(taken_files(records)) == {"lovelaceada_45", "noetheremmy_46"}
    assert {r.file: r.outcome for r in records if not r.student} == {"my grades.csv": "ignored"}


def test_export_beside_other_entries_is_refused_and_makes_no_student(
    tmp_path: Path, course: Path
) -> None:
    put_file(tmp_path, "export.zip", zip_bytes(EXPORTS["canvas"]))
    records = collect(put_file(tmp_path, f"zoe/{STEP}.ipynb", NOTEBOOK.encode()), course)
    [refused] = [record for record in records if record.needs_review]
    assert (refused.student, refused.file, set(taken_files(records))) == ("", "export.zip", {"zoe"})
    assert "named as in Canvas's export" in refused.reason and "--export canvas" in refused.reason
    paths = {record.path for record in records if record.outcome == "refused" and record.path}
    assert paths == {f"export.zip/{name}" for name in EXPORTS["canvas"]}


def test_one_strange_file_does_not_turn_a_class_into_one_person(tmp_path: Path, course: Path) -> None:
    strange = {f"{STEP}.ipynb": NOTEBOOK}
    source = put_file(tmp_path, "export.zip", zip_bytes(EXPORTS["canvas"] | strange))
    records = collect(source, course, may_split=yes)
    assert set(taken_files(records)) == set(STUDENTS["canvas"])
    [nobodys] = [record for record in records if not record.student]
    assert nobodys.file == f"export.zip/{STEP}.ipynb" and nobodys.needs_review


@pytest.mark.parametrize("pattern", ["hw_1_2026_{}", "{}_1_2_final", "group_7_3_{}", "2026_11_27_{}"])
@pytest.mark.parametrize("is_zipped", [False, True])
def test_numbers_in_names_of_ones_own_make_no_export(
    tmp_path: Path, course: Path, pattern: str, is_zipped: bool
) -> None:
    """Everybody was told to name the files so: each is still one student."""
    name = pattern.format(STEP) + ".ipynb"
    copy = name.replace("_1_", "_3_")
    for student in ("ada", "bob"):
        files = {name: NOTEBOOK, copy: NOTEBOOK}
        if is_zipped:
            put_file(tmp_path, f"{student}.zip", zip_bytes(files))
        else:
            for file, content in files.items():
                put_file(tmp_path, f"{student}/{file}", content.encode())
    records = collect(tmp_path / "inbox", course)
    assert set(taken_files(records)) == {record.student for record in records} == {"ada", "bob"}


def test_students_of_an_export_are_found_by_their_platform_number(tmp_path: Path, course: Path) -> None:
    with open_course(course).gradebook as gradebook:
        gradebook.add_student("ada@uni.edu", lms_user_id="1042")
    source = put_file(tmp_path, "export.zip", zip_bytes(EXPORTS["canvas"]))
    records = collect(source, course, read_roster(course), may_split=yes)
    assert sorted(taken_files(records)) == ["ada@uni.edu", "muellerzoe_1043"]


def test_class_packed_as_one_is_taken_by_folder_where_the_roster_knows_them(
    tmp_path: Path, course: Path
) -> None:
    """Also in a folder of its own; the one who is not on the roster is taken, too."""
    files = {f"week/{name}/{STEP}.ipynb": NOTEBOOK for name in ("ada", "bob", "guest")}
    source = put_file(tmp_path, "class.zip", zip_bytes(files | {"week/readme.txt": "x"}))
    roster = Roster({"ada", "bob", "carl"})
    [question] = collect(source, course, roster)[:1]
    assert question.needs_review and "--export folders" in question.reason
    assert taken_files(collect(source, course, platform="folders")).keys() == {"ada", "bob", "guest"}
    records = collect(source, course, roster, may_split=yes)
    assert set(taken_files(records)) == {"ada", "bob", "guest"}
    [one_student] = collect(source, course, Roster({"class", "ada", "bob"}))[-1:]
    assert one_student.student == "class"


def test_submission_taken_in_before_the_roster_needs_review(tmp_path: Path, course: Path) -> None:
    """Else the class would have one student twice, and nobody would know."""
    source = put_file(tmp_path, "export.zip", zip_bytes(EXPORTS["canvas"]))
    collect(source, course, platform="canvas")
    with open_course(course).gradebook as gradebook:
        gradebook.add_student("ada@uni.edu", lms_user_id="1042")
    records = collect(source, course, read_roster(course), "canvas")
    [earlier] = [record for record in records if record.student == "lovelaceada_1042"]
    assert earlier.needs_review and "counts for ada@uni.edu now" in earlier.reason


def test_folder_of_nobody_on_a_list_is_asked_about(tmp_path: Path, course: Path) -> None:
    """Those who were entered since they have submitted are no list."""
    source = put_file(tmp_path, f"eve_1042/{STEP}.ipynb", NOTEBOOK.encode())
    with open_course(course).gradebook as gradebook:
        gradebook.add_student("ada")
    assert not any(record.needs_review for record in collect(source, course, read_roster(course)))
    with open_course(course).gradebook as gradebook:
        gradebook.update_or_create_student("ada", lms_user_id="1042")
    records = collect(source, course, read_roster(course))
    assert taken_files(records).keys() == {"eve_1042"}
    [question] = [record.reason for record in records if record.needs_review]
    assert question == "is of eve_1042, who is not on the roster."
