"""Intake takes every readable submission, refuses the rest with a reason, and records both."""

import json
import os
import stat
import zipfile
from pathlib import Path

import pytest

from autograder.submissions.intake import collect
from autograder.submissions.limits import MAX_FILE_BYTES
from autograder.submissions.student_ids import student_id
from autograder.tests.gradebook.small_course import STEP, answered, find_cell, make_cell, submit
from autograder.tests.submissions.inbox_files import (
    NOTEBOOK,
    OTHER,
    RIGHT,
    concerned,
    put_file,
    taken_files,
    zip_bytes,
)
from autograder.workspace.files import read_json, write_json
from autograder.workspace.paths import intake_records_path
from detrlab.checkpoint import NAME, TRAINED_IN


def test_folders_and_zips_are_taken_and_a_damaged_file_is_named(
    tmp_path: Path, course: Path, release: dict
) -> None:
    """Whatever their names; backups and other notebooks are left aside."""
    inbox = tmp_path / "inbox"
    right = answered(release, todo_layer=RIGHT)
    submit(inbox, "ada", right, f"week1/deep/{STEP}.ipynb")
    submit(inbox, "ada", release, f"week1/{STEP}-Copy1.ipynb")
    submit(inbox, "ada", release, f".ipynb_checkpoints/{STEP}-checkpoint.ipynb")
    submit(inbox, "Zoë Müller", right, "my homework.ipynb")
    submit(inbox, "cut", right).write_bytes(json.dumps(right).encode()[:-200])
    submit(inbox, "empty", {"nbformat": 4, "cells": [make_cell("code", "x", "1")]}, "scratch.ipynb")
    with zipfile.ZipFile(inbox / "bob.zip", "w") as archive:
        archive.writestr(f"notebooks/week1/{STEP}.ipynb", json.dumps(right))
    records = collect(inbox, course)
    taken = taken_files(records)
    assert taken == {
        "ada": f"week1/deep/{STEP}.ipynb",
        "bob": f"notebooks/week1/{STEP}.ipynb",
        student_id("Zoë Müller"): "my homework.ipynb",
    }
    for student in taken:
        path = course / "submitted" / student / STEP / f"{STEP}.ipynb"
        assert find_cell(json.loads(path.read_text()), "todo_layer")["source"] == RIGHT
    reasons = {record.student: record.reason for record in records if record.needs_review}
    assert reasons.keys() == {"cut", "empty"}
    assert "cut off" in reasons["cut"] and "not a notebook of this course" in reasons["empty"]
    assert collect(inbox, course) == records


def write_hostile_zip(path: Path, content: str) -> None:
    """Write a zip with paths that lead out of it, a bomb and a link: six members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (
            f"../../{STEP}.ipynb",
            f"/etc/{STEP}.ipynb",
            f"C:\\{STEP}.ipynb",
            f"a\\..\\..\\{STEP}.ipynb",
        ):
            archive.writestr(name, content)
        bomb = zipfile.ZipInfo(f"bomb_{STEP}.ipynb")
        archive.writestr(bomb, b" " * (MAX_FILE_BYTES + 1), zipfile.ZIP_DEFLATED)
        link = zipfile.ZipInfo(f"pointer_{STEP}.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")


def test_links_pipes_bombs_and_paths_out_of_a_zip_are_refused(
    tmp_path: Path, course: Path, release: dict
) -> None:
    """Each is named, and nothing is written outside of the course."""
    inbox = tmp_path / "inbox"
    submit(inbox, "link", release, "other.txt")
    (inbox / "link" / f"{STEP}.ipynb").symlink_to(inbox / "link" / "other.txt")
    (inbox / "loop").mkdir()
    (inbox / "loop" / "again").symlink_to(inbox)
    (inbox / "linked").symlink_to(inbox / "link")
    (inbox / "loose.ipynb").write_text(json.dumps(release))
    (inbox / "broken.zip").write_bytes(b"PK\x03\x04 not a zip")
    os.mkfifo(inbox / "link" / f"pipe_{STEP}.ipynb")
    write_hostile_zip(inbox / "evil.zip", json.dumps(release))
    before = {path for path in tmp_path.rglob("*") if "course" not in path.parts}
    records = concerned(collect(inbox, course))
    assert not any(record.taken for record in records)
    assert all(record.needs_review for record in records)
    assert sum(record.student == "evil" for record in records) == 6
    assert {record.student for record in records} == {"link", "loop", "broken", "evil", ""}
    assert {record.file for record in records if not record.student} == {"linked", "loose.ipynb"}
    assert not list(course.glob("submitted/*"))
    assert {path for path in tmp_path.rglob("*") if "course" not in path.parts} == before


def test_inbox_that_holds_the_course_is_refused(tmp_path: Path, course: Path) -> None:
    with pytest.raises(ValueError, match="holds the course itself"):
        collect(tmp_path, course)


def test_file_names_that_are_not_utf8_are_taken(tmp_path: Path, course: Path) -> None:
    """As they may be where a zip was unpacked on another system."""
    folder = bytes(tmp_path / "inbox") + b"/Zo\xeb \x1b[31m"
    os.makedirs(folder)
    with open(folder + f"/{STEP}-\xff.ipynb".encode("latin-1"), "w", encoding="utf-8") as file:
        file.write(NOTEBOOK)
    [record] = collect(tmp_path / "inbox", course)
    assert record.taken and (record.student + record.file).isprintable()


def test_only_a_changed_submission_loses_its_autograded_notebook(
    tmp_path: Path, course: Path, release: dict
) -> None:
    """So that it is graded again."""
    inbox = tmp_path / "inbox"
    submit(inbox, "ada", answered(release, todo_layer=RIGHT))
    collect(inbox, course)
    autograded = course / "autograded" / "ada" / STEP
    autograded.mkdir(parents=True)
    collect(inbox, course)
    assert autograded.exists()
    submit(inbox, "ada", answered(release, todo_layer=OTHER))
    collect(inbox, course)
    assert not autograded.exists()


def test_problem_is_kept_until_its_step_is_submitted_again(tmp_path: Path, course: Path) -> None:
    """Also where the next inbox holds other files only."""
    inbox = tmp_path / "inbox"
    submit(inbox, "ada", {}).write_text("{")
    collect(inbox, course)
    submit(inbox, "ada", {}).unlink()
    submit(inbox, "ada", {"nbformat": 4, "cells": [make_cell("code", "x", "1")]}, "notes.ipynb")
    collect(inbox, course)
    records = read_json(intake_records_path(course))["records"]
    assert {(record["file"], record["needs_review"]) for record in records} == {
        (f"{STEP}.ipynb", True),
        ("notes.ipynb", True),
    }


def test_second_version_of_a_notebook_needs_review_and_a_copy_does_not(
    tmp_path: Path, course: Path, release: dict
) -> None:
    """Two files have one name; the record tells which was left aside."""
    inbox = tmp_path / "inbox"
    for student, first_answer in (("ada", RIGHT), ("bob", OTHER)):
        submit(inbox, student, answered(release, todo_layer=first_answer), f"a/{STEP}.ipynb")
        submit(inbox, student, answered(release, todo_layer=RIGHT), f"b/{STEP}.ipynb")
    to_review = [
        (record.student, record.file) for record in collect(inbox, course) if record.needs_review
    ]
    assert to_review == [("bob", f"a/{STEP}.ipynb")]


@pytest.mark.parametrize("second", ["ada (1).zip", "ada(2).zip", "ada - Copy.zip", "ada copy 2", "ada"])
def test_second_download_is_the_same_student_and_asked_about_where_it_differs(
    tmp_path: Path, course: Path, second: str
) -> None:
    """A person, or a browser, has given the name; the answers are joined by step."""
    other = json.dumps(answered(json.loads(NOTEBOOK), todo_layer=OTHER))
    put_file(tmp_path, "ada.zip", zip_bytes({f"{STEP}.ipynb": NOTEBOOK}))
    if second.endswith(".zip"):
        put_file(tmp_path, second, zip_bytes({f"{STEP}.ipynb": other}))
    else:
        put_file(tmp_path, f"{second}/{STEP}.ipynb", other.encode())
    records = collect(tmp_path / "inbox", course)
    assert {record.student for record in records} == {"ada"}
    [record] = [record for record in records if record.needs_review]
    assert "was left aside" in record.reason and "was taken for this step" in record.reason


def test_trained_model_is_taken_and_graded_again_only_when_it_changes(tmp_path: Path) -> None:
    """Without a notebook it is graded in the untouched one."""
    course, inbox = tmp_path / "course", tmp_path / "inbox"
    cell = {"cell_type": "code", "id": "x", "metadata": {}, "source": "pass", "outputs": []}
    release = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    write_json(course / "release" / TRAINED_IN / f"{TRAINED_IN}.ipynb", release)
    model = inbox / "ada" / "week1" / NAME
    model.parent.mkdir(parents=True)
    model.write_bytes(b"weights")
    [record] = collect(inbox, course)
    assert record.taken and record.step == TRAINED_IN
    submitted = course / "submitted" / "ada" / TRAINED_IN
    assert (submitted / NAME).read_bytes() == b"weights"
    assert read_json(submitted / f"{TRAINED_IN}.ipynb")["cells"], "graded in the untouched notebook"
    autograded = course / "autograded" / "ada" / TRAINED_IN
    autograded.mkdir(parents=True)
    collect(inbox, course)
    assert autograded.is_dir(), "nothing has changed, so nothing is graded again"
    model.write_bytes(b"better weights")
    collect(inbox, course)
    assert (submitted / NAME).read_bytes() == b"better weights" and not autograded.exists()
