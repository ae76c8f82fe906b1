"""Zips as learning platforms make them, zips in zips, and zips that are made to do harm."""

import io
import json
import os
import struct
import zipfile
from pathlib import Path

import pytest

from autograder.gradebook.queries import platform_numbers
from autograder.submissions import archives, inbox
from autograder.submissions.intake import collect
from autograder.submissions.student_ids import student_id
from autograder.tests.gradebook.small_course import STEP, answered, find, source_notebook
from autograder.workspace.course import open_course
from autograder.workspace.files import write_json

RIGHT = "def layer(x):\n    return x"
NOTEBOOK = json.dumps(answered(source_notebook(), todo_layer=RIGHT))


@pytest.fixture
def course(tmp_path: Path) -> Path:
    write_json(tmp_path / "course" / "release" / STEP / f"{STEP}.ipynb", source_notebook())
    return tmp_path / "course"


def packed(members: dict[str, str | bytes]) -> bytes:
    """Return the bytes of a zip."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def put(tmp_path: Path, name: str, content: bytes) -> Path:
    """Write a file into the inbox; return the inbox."""
    path = tmp_path / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return tmp_path / "inbox"


def taken(records: list) -> dict[str, str]:
    return {record.student: record.file for record in records if record.taken}


EXPORTS = {
    "moodle": {
        f"Ada Lovelace_1042_assignsubmission_file/{STEP}.ipynb": NOTEBOOK,
        "Zoë Müller_1043_assignsubmission_file/homework.zip": packed({f"a/{STEP}.ipynb": NOTEBOOK}),
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
@pytest.mark.parametrize("alone", [True, False])
def test_a_class_in_one_zip(tmp_path, course, platform, alone):
    source = put(tmp_path, "export.zip", packed(EXPORTS[platform]))
    records = collect(source / "export.zip" if alone else source, course)
    assert sorted(taken(records)) == sorted(STUDENTS[platform])
    for student in STUDENTS[platform]:
        written = (course / "submitted" / student / STEP / f"{STEP}.ipynb").read_text(encoding="utf-8")
        assert find(json.loads(written), "todo_layer")["source"] == RIGHT


def test_an_export_that_was_unpacked(tmp_path, course):
    for name, content in EXPORTS["moodle"].items():
        put(tmp_path, name, content if isinstance(content, bytes) else content.encode())
    assert set(STUDENTS["moodle"]) <= set(taken(collect(tmp_path / "inbox", course)))


def test_a_zip_in_a_zip_is_read_and_one_more_is_not(tmp_path, course):
    once = packed({f"{STEP}.ipynb": NOTEBOOK})
    put(tmp_path, "ada.zip", packed({"again.zip": once}))
    source = put(tmp_path, "bob.zip", packed({"a.zip": packed({"b.zip": once})}))
    records = {record.student: record for record in collect(source, course)}
    assert records["ada"].taken and records["ada"].file == f"again.zip/{STEP}.ipynb"
    assert records["bob"].reason == "is a zip in a zip in a zip; pack it once."


def test_all_that_is_unpacked_together_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(inbox, "MAX_BYTES", 5_000)
    blanks = packed({f"{number}.ipynb": b" " * 4_000 for number in range(10)})
    bomb = packed({f"{number}.zip": blanks for number in range(10)})
    monkeypatch.setattr(archives, "MAX_TOTAL", 20_000)
    found = list(archives.files_of_zip(io.BytesIO(bomb), "bomb.zip", archives.ByteBudget()))
    sizes = [len(content) for _, content in found if isinstance(content, bytes)]
    assert sum(sizes) <= 20_000 and len(sizes) < 6
    assert all("larger than" in str(content) for _, content in found if not isinstance(content, bytes))


def test_all_files_of_a_folder_together_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_TOTAL", 20_000)
    for number in range(10):
        put(tmp_path, f"ada/{number}.zip", packed({f"{number}.ipynb": b" " * 4_000}))
        put(tmp_path, f"ada/{number}.ipynb", b" " * 4_000)
    found = list(inbox.files_of(tmp_path / "inbox" / "ada"))
    assert sum(len(content) for _, content in found if isinstance(content, bytes)) <= 20_000
    assert "larger than" in str(found[-1][1])


def test_who_packs_files_like_an_export_hands_in_for_nobody_else(tmp_path, course):
    put(tmp_path, "mallory.zip", packed({f"ada_7_assignsubmission_file/{STEP}.ipynb": NOTEBOOK}))
    records = collect(put(tmp_path, f"zoe/{STEP}.ipynb", NOTEBOOK.encode()), course)
    assert set(taken(records)) == {"mallory", "zoe"}


def test_students_of_an_export_are_found_by_the_platform_s_number(tmp_path, course):
    with open_course(course).gradebook as gradebook:
        gradebook.add_student("ada@uni.edu", lms_user_id="1042")
    source = put(tmp_path, "export.zip", packed(EXPORTS["canvas"]))
    assert sorted(taken(collect(source, course, platform_numbers(course)))) == [
        "ada@uni.edu",
        "muellerzoe_1043",
    ]


def test_who_was_taken_in_before_the_roster_is_named(tmp_path, course):
    """Else the class would have one student twice, and nobody would know."""
    source = put(tmp_path, "export.zip", packed(EXPORTS["canvas"]))
    collect(source, course)
    with open_course(course).gradebook as gradebook:
        gradebook.add_student("ada@uni.edu", lms_user_id="1042")
    again = collect(source, course, platform_numbers(course))
    [old] = [record for record in again if record.student == "lovelaceada_1042"]
    assert old.needs_review and "counts for ada@uni.edu now" in old.reason


def test_the_repository_is_no_inbox(tmp_path, course):
    with pytest.raises(ValueError, match="holds the course itself"):
        collect(tmp_path, course)


def test_a_size_that_is_a_lie_is_found_out(tmp_path, course):
    """The directory says 10 bytes; there are a hundred million."""
    honest = packed({f"{STEP}.ipynb": b" " * 100_000_000})
    lying = honest.replace(struct.pack("<I", 100_000_000), struct.pack("<I", 10))
    assert lying != honest
    [record] = collect(put(tmp_path, "ada.zip", lying), course)
    assert not record.taken and record.needs_review


def test_members_that_share_their_bytes_are_bounded(tmp_path):
    """Ten thousand names for one member: a bomb that is not nested."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{STEP}.ipynb", b" " * 1_000_000)
        archive.filelist *= 6_000
    [(_, reason)] = archives.files_of_zip(io.BytesIO(file.getvalue()), "bomb.zip", archives.ByteBudget())
    assert "more than 5000 files" in str(reason)


@pytest.mark.parametrize("name", ["a" * 250, "sl\\ash", "new\nline", "\u202eipynb", "ünï", "..", "-rf"])
def test_odd_names_of_files_harm_nobody(tmp_path, course, name):
    source = put(tmp_path, "ada.zip", packed({f"{name}/{STEP}.ipynb": NOTEBOOK, "b.txt": "x"}))
    [record] = collect(source, course)
    assert record.taken == (name != "..") and record.file.isprintable()
    assert sorted(path.name for path in course.iterdir() if path.name != ".grading") == sorted(
        ["release", "intake.json", *(["submitted"] if record.taken else [])]
    )


def test_a_locked_zip_is_refused(tmp_path, course):
    raw = bytearray(packed({f"{STEP}.ipynb": NOTEBOOK}))
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        place = raw.index(mark) + (6 if mark == b"PK\x03\x04" else 8)
        raw[place] |= 1  # the flag that says: encrypted
    [record] = collect(put(tmp_path, "ada.zip", bytes(raw)), course)
    assert not record.taken and "cannot be read from the zip" in record.reason


def test_names_that_are_no_text_are_taken(tmp_path, course):
    """Unpacked on another system, names may be bytes that are not UTF-8."""
    folder = bytes(tmp_path / "inbox") + b"/Zo\xeb \x1b[31m"
    os.makedirs(folder)
    with open(folder + f"/{STEP}-\xff.ipynb".encode("latin-1"), "w", encoding="utf-8") as file:
        file.write(NOTEBOOK)
    [record] = collect(tmp_path / "inbox", course)
    assert record.taken and (record.student + record.file).isprintable()
