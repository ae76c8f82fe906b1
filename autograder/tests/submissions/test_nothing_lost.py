"""Work in odd shapes is found: several steps in a file, second names, two routes, big folders."""

import json
from pathlib import Path

import pytest

from autograder.reports.intake_table import rows_of
from autograder.submissions.intake import collect
from autograder.submissions.student_ids import Roster
from autograder.tests.gradebook.small_course import STEP, answered, find_cell
from autograder.tests.submissions.inbox_files import (
    NOTEBOOK,
    OTHER,
    OTHER_STEP,
    RIGHT,
    concerned,
    fill_inbox,
    other_notebook,
    taken_files,
    zip_bytes,
)
from autograder.workspace.files import write_json
from detrlab.checkpoint import NAME, TRAINED_IN

BOXES = "def boxes(x):\n    return x"


def stripped(notebook: dict) -> dict:
    """Return a notebook without ids and metadata, as some programs save it."""
    cells = [{**cell, "metadata": {}} for cell in notebook["cells"]]
    for cell in cells:
        del cell["id"]
    return notebook | {"cells": cells}


def submitted(course: Path, student: str, step: str, grade_id: str) -> str:
    """Return the text of an answer as it was taken."""
    path = course / "submitted" / student / step / f"{step}.ipynb"
    return find_cell(json.loads(path.read_text(encoding="utf-8")), grade_id)["source"]


@pytest.mark.parametrize("name", ["week1.ipynb", f"{STEP}.ipynb", f"{OTHER_STEP}.ipynb"])
@pytest.mark.parametrize("first", ["in order", "in the other order", "stripped"])
def test_file_that_holds_two_steps_is_taken_for_both(
    tmp_path: Path, course: Path, name: str, first: str
) -> None:
    one, two = json.loads(NOTEBOOK), json.loads(other_notebook(BOXES))
    cells = two["cells"] + one["cells"] if first == "in the other order" else one["cells"] + two["cells"]
    both = one | {"cells": cells}
    both = stripped(both) if first == "stripped" else both
    inbox = fill_inbox(tmp_path, {f"ada/{name}": json.dumps(both)})
    records = collect(inbox, course)
    assert {(record.step, record.taken) for record in records} == {(STEP, True), (OTHER_STEP, True)}
    assert submitted(course, "ada", STEP, "todo_layer") == RIGHT
    assert submitted(course, "ada", OTHER_STEP, "todo_boxes") == BOXES
    assert "boxes" not in json.dumps(
        json.loads((course / f"submitted/ada/{STEP}/{STEP}.ipynb").read_text())
    )
    [row] = rows_of(records)
    assert set(row.step.split(", ")) == {STEP, OTHER_STEP}


def test_step_pasted_into_another_file_yields_to_its_own(tmp_path: Path, course: Path) -> None:
    """A person is asked where both hold answers that differ."""
    one, two = json.loads(NOTEBOOK), json.loads(other_notebook(BOXES))
    both = one | {"cells": one["cells"] + two["cells"]}
    other = other_notebook("def boxes(x):\n    return 2 * x")
    inbox = fill_inbox(
        tmp_path, {f"ada/{STEP}.ipynb": json.dumps(both), f"ada/{OTHER_STEP}.ipynb": other}
    )
    records = collect(inbox, course)
    assert {(r.step, r.file) for r in records if r.taken} == {
        (STEP, f"{STEP}.ipynb"),
        (OTHER_STEP, f"{OTHER_STEP}.ipynb"),
    }
    [question] = [record for record in records if record.needs_review]
    assert (question.step, question.file) == (OTHER_STEP, f"{STEP}.ipynb")


@pytest.fixture
def course_with_training(course: Path) -> Path:
    """The course with a step in which a model is trained."""
    cell = {"cell_type": "code", "id": "x", "metadata": {}, "source": "pass", "outputs": []}
    release = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    write_json(course / "release" / TRAINED_IN / f"{TRAINED_IN}.ipynb", release)
    return course


@pytest.mark.parametrize(
    "name",
    [
        "toy_detr (1).safetensors",
        "toy_detr-1.safetensors",
        "toy_detr(2).safetensors",
        "Toy_DETR.safetensors",
        "toy_detr - Copy.safetensors",
        "toy_detr.safetensors.txt",
        "toy_detr.safetensors.download",
        "toy_detr.safetensors.zip",
        "week1/toy_detr_final.safetensors",
    ],
)
@pytest.mark.parametrize("is_zipped", [False, True])
def test_model_is_taken_under_the_name_of_a_second_download(
    tmp_path: Path, course_with_training: Path, name: str, is_zipped: bool
) -> None:
    files = {name: b"weights"}
    inbox = fill_inbox(
        tmp_path, {"ada.zip": zip_bytes(files)} if is_zipped else {f"ada/{name}": b"weights"}
    )
    [record] = collect(inbox, course_with_training)
    assert (record.student, record.step, record.taken, record.needs_review) == (
        "ada",
        TRAINED_IN,
        True,
        False,
    )
    assert (course_with_training / "submitted" / "ada" / TRAINED_IN / NAME).read_bytes() == b"weights"


@pytest.mark.parametrize("content", [b"", b"\0\0\0", b"version https://git-lfs.github.com/spec/v1\noid"])
def test_what_stands_for_a_model_is_named(
    tmp_path: Path, course_with_training: Path, content: bytes
) -> None:
    [record] = collect(fill_inbox(tmp_path, {f"ada/{NAME}": content}), course_with_training)
    assert not record.taken and record.needs_review
    assert "is empty" in record.reason or "pointer of Git" in record.reason


def test_models_under_several_names_are_asked_about_only_where_they_differ(
    tmp_path: Path, course_with_training: Path
) -> None:
    files = {f"ada/{NAME}": b"one", "ada/toy_detr (1).safetensors": b"one", "ada/model.pt": b"one"}
    files |= {
        f"bob/{NAME}": b"one",
        "bob/toy_detr-1.safetensors": b"two",
        "carl/weights.safetensors": b"one",
    }
    records = collect(fill_inbox(tmp_path, files), course_with_training)
    assert {(record.student, record.file) for record in records if record.needs_review} == {
        ("bob", "toy_detr-1.safetensors"),
        ("carl", "weights.safetensors"),
    }


@pytest.mark.parametrize(
    "folder",
    [
        ".venv/lib",
        "node_modules/a",
        ".git/objects",
        "__pycache__",
        "my-env/lib/python3.11",
        "x/.cache",
        ".conda",
    ],
)
@pytest.mark.parametrize("is_zipped", [False, True])
def test_folder_of_a_program_is_skipped_and_not_counted(
    tmp_path: Path, course: Path, folder: str, is_zipped: bool
) -> None:
    files: dict[str, str | bytes] = {f"{folder}/{number}.ipynb": "{" for number in range(5_200)}
    files |= {"my-env/pyvenv.cfg": "home", f"env/{STEP}.ipynb": NOTEBOOK, "data/0.png": "x"}
    if is_zipped:
        inbox = fill_inbox(tmp_path, {"ada.zip": zip_bytes(files)})
    else:
        inbox = fill_inbox(tmp_path, {f"ada/{name}": content for name, content in files.items()})
    records = collect(inbox, course)
    assert len(records) == len(files)
    [record] = concerned(records)
    assert (record.file, record.taken, record.needs_review) == (f"env/{STEP}.ipynb", True, False)


def test_data_set_beside_the_notebooks_is_not_counted(tmp_path: Path, course: Path) -> None:
    images = {f"VOC/JPEGImages/{number:06}.jpg": "JPEG" for number in range(6_000)}
    labels = {f"VOC/labels/{number:06}.txt": "0 0.5 0.5 0.1 0.1" for number in range(6_000)}
    inbox = fill_inbox(tmp_path, {"ada.zip": zip_bytes(images | labels | {f"{STEP}.ipynb": NOTEBOOK})})
    assert taken_files(collect(inbox, course)) == {"ada": f"{STEP}.ipynb"}


@pytest.mark.parametrize("second", ["ada.zip", "ada (1)", "ada - Kopie.zip"])
def test_student_who_comes_by_two_routes_is_joined(tmp_path: Path, course: Path, second: str) -> None:
    other = other_notebook(BOXES)
    files: dict[str, str | bytes] = {f"ada/{STEP}.ipynb": NOTEBOOK}
    if second.endswith(".zip"):
        files[second] = zip_bytes({f"{OTHER_STEP}.ipynb": other, f"{STEP}.ipynb": NOTEBOOK})
    else:
        files |= {f"{second}/{OTHER_STEP}.ipynb": other, f"{second}/{STEP}.ipynb": NOTEBOOK}
    records = collect(fill_inbox(tmp_path, files), course)
    assert {(record.student, record.step) for record in records if record.taken} == {
        ("ada", STEP),
        ("ada", OTHER_STEP),
    }
    assert not any(record.needs_review for record in records)


@pytest.mark.parametrize(
    "names",
    [("Zoë Müller", "Zoe Muller"), ("ada", "Ada"), ("ada_lovelace", "Ada Lovelace"), ("ada.l", "ADA L")],
)
def test_two_spellings_of_a_name_are_asked_about(
    tmp_path: Path, course: Path, names: tuple[str, str]
) -> None:
    """Unless the roster has both."""
    inbox = fill_inbox(tmp_path, {f"{name}/{STEP}.ipynb": NOTEBOOK for name in names})
    records = collect(inbox, course)
    assert len({record.student for record in records if record.taken}) == 2
    assert sum("may be of the same person as" in record.reason for record in records) == 2
    known = Roster({record.student for record in records})
    assert not any(record.needs_review for record in collect(inbox, course, known))


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n", "\n\r"])
@pytest.mark.parametrize("is_stripped", [False, True])
@pytest.mark.parametrize("is_list", [False, True])
def test_written_answer_outlives_line_ends_and_lost_metadata(
    tmp_path: Path, course: Path, line_end: str, is_stripped: bool, is_list: bool
) -> None:
    notebook = answered(json.loads(NOTEBOOK), written_why="Because.\nIt is so.")
    notebook = stripped(notebook) if is_stripped else notebook
    for cell in notebook["cells"]:
        text = cell["source"].replace("\n", line_end)
        cell["source"] = text.splitlines(keepends=True) if is_list else text
    collect(fill_inbox(tmp_path, {f"ada/{STEP}.ipynb": json.dumps(notebook)}), course)
    written = submitted(course, "ada", STEP, "written_why")
    assert written.replace("\n\n", "\n") == "Because.\nIt is so."
    assert submitted(course, "ada", STEP, "todo_layer").replace("\n\n", "\n") == RIGHT


def test_other_notebook_of_another_answer_is_no_other_step(tmp_path: Path, course: Path) -> None:
    """A helper from step 3 in another step's notebook does not make it step 3's."""
    two = json.loads(other_notebook(BOXES))
    two["cells"].append({"cell_type": "code", "metadata": {}, "source": OTHER, "outputs": []})
    records = collect(fill_inbox(tmp_path, {"ada/x.ipynb": json.dumps(two)}), course)
    assert [record.step for record in records] == [OTHER_STEP]
