"""The submissions of a class as learning platforms export them."""

import json
from pathlib import Path

import pytest

from autograder.gradebook.queries import platform_numbers
from autograder.submissions.intake import collect
from autograder.submissions.student_ids import student_id
from autograder.tests.gradebook.small_course import STEP, find_cell
from autograder.tests.submissions.inbox_files import (
    NOTEBOOK,
    RIGHT,
    put_file,
    taken_files,
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
STUDENTS = {
    "moodle": [student_id("Ada Lovelace_1042"), student_id("Zoë Müller_1043")],
    "moodle without folders": [student_id("Ada Lovelace_1042"), student_id("Zoë Müller_1043")],
    "canvas": ["lovelaceada_1042", "muellerzoe_1043"],
}


@pytest.mark.parametrize("platform", EXPORTS)
@pytest.mark.parametrize("is_source", [True, False])
def test_zip_of_a_class_is_taken_by_student(
    tmp_path: Path, course: Path, platform: str, is_source: bool
) -> None:
    """The zip is what is collected, or it lies alone in the inbox."""
    source = put_file(tmp_path, "export.zip", zip_bytes(EXPORTS[platform]))
    records = collect(source / "export.zip" if is_source else source, course)
    assert sorted(taken_files(records)) == sorted(STUDENTS[platform])
    for student in STUDENTS[platform]:
        path = course / "submitted" / student / STEP / f"{STEP}.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        assert find_cell(notebook, "todo_layer")["source"] == RIGHT


def test_unpacked_export_is_taken_by_student(tmp_path: Path, course: Path) -> None:
    for name, content in EXPORTS["moodle"].items():
        put_file(tmp_path, name, content if isinstance(content, bytes) else content.encode())
    assert set(STUDENTS["moodle"]) <= set(taken_files(collect(tmp_path / "inbox", course)))


def test_zip_beside_others_counts_for_its_owner_alone(tmp_path: Path, course: Path) -> None:
    """Also where its files are named as in an export."""
    put_file(tmp_path, "mallory.zip", zip_bytes({f"ada_7_assignsubmission_file/{STEP}.ipynb": NOTEBOOK}))
    records = collect(put_file(tmp_path, f"zoe/{STEP}.ipynb", NOTEBOOK.encode()), course)
    assert set(taken_files(records)) == {"mallory", "zoe"}


def test_students_of_an_export_are_found_by_their_platform_number(tmp_path: Path, course: Path) -> None:
    with open_course(course).gradebook as gradebook:
        gradebook.add_student("ada@uni.edu", lms_user_id="1042")
    source = put_file(tmp_path, "export.zip", zip_bytes(EXPORTS["canvas"]))
    records = collect(source, course, platform_numbers(course))
    assert sorted(taken_files(records)) == ["ada@uni.edu", "muellerzoe_1043"]


def test_submission_taken_in_before_the_roster_needs_review(tmp_path: Path, course: Path) -> None:
    """Else the class would have one student twice, and nobody would know."""
    source = put_file(tmp_path, "export.zip", zip_bytes(EXPORTS["canvas"]))
    collect(source, course)
    with open_course(course).gradebook as gradebook:
        gradebook.add_student("ada@uni.edu", lms_user_id="1042")
    records = collect(source, course, platform_numbers(course))
    [earlier] = [record for record in records if record.student == "lovelaceada_1042"]
    assert earlier.needs_review and "counts for ada@uni.edu now" in earlier.reason
