"""What a second intake replaces, and what it may not: nothing is lost without a word."""

import json
import os
from pathlib import Path

import pytest

from autograder.submissions.intake import collect, preview
from autograder.submissions.record import IntakeRecord
from autograder.tests.gradebook.small_course import STEP, answered, find_cell
from autograder.tests.submissions.inbox_files import NOTEBOOK, OTHER, RIGHT, fill_inbox
from autograder.workspace.files import read_json, write_json
from detrlab.checkpoint import NAME, TRAINED_IN

FILE = f"{STEP}.ipynb"
LESS = json.dumps(answered(json.loads(NOTEBOOK), todo_layer=OTHER, written_why="YOUR ANSWER HERE"))
CANVAS = {f"ada_45_678_{FILE}": LESS, f"bob_46_679_{FILE}": NOTEBOOK}


def answer(path: Path) -> str:
    """Return the answer to the first TODO of a notebook file."""
    return find_cell(read_json(path), "todo_layer")["source"]


def of_ada(records: list[IntakeRecord]) -> IntakeRecord:
    """Return the only record of Ada's."""
    [record] = [record for record in records if record.student.startswith("ada")]
    return record


def test_new_version_of_the_same_route_counts_and_the_earlier_one_is_kept(
    tmp_path: Path, course: Path
) -> None:
    """Days later, in another inbox; a person is asked since an answer is missing, and asked again."""
    collect(fill_inbox(tmp_path / "first", {f"ada/{FILE}": NOTEBOOK}), course)
    second = fill_inbox(tmp_path / "second", {f"ada (1)/{FILE}": LESS})
    said = preview(second, course)
    records = collect(second, course)
    assert records == said == collect(second, course)
    assert of_ada(records).taken and of_ada(records).needs_review
    assert "leaves open written_why, which another version answers" in of_ada(records).reason
    assert answer(course / "submitted" / "ada" / STEP / FILE) == OTHER
    [kept] = (course / "earlier" / "ada" / STEP).iterdir()
    assert answer(kept) == RIGHT


def test_new_version_with_all_answers_is_no_question(tmp_path: Path, course: Path) -> None:
    collect(fill_inbox(tmp_path / "first", {f"ada/{FILE}": LESS}), course)
    record = of_ada(collect(fill_inbox(tmp_path / "second", {f"ada/{FILE}": NOTEBOOK}), course))
    assert record.taken and not record.needs_review
    assert record.reason == f"has other versions, which are kept in earlier/ada/{STEP}."


@pytest.mark.parametrize("first", ["folder", "export"])
def test_other_route_replaces_nothing_and_both_are_kept(tmp_path: Path, course: Path, first: str) -> None:
    """Until the first one is moved away."""
    ada = "ada_45"
    folder = fill_inbox(tmp_path / "folder", {f"{ada}/{FILE}": NOTEBOOK})
    export = fill_inbox(tmp_path / "export", {f"class/{name}": text for name, text in CANVAS.items()})
    inboxes = [(folder, ""), (export, "canvas")][:: 1 if first == "folder" else -1]
    expected = RIGHT if first == "folder" else OTHER
    collect(inboxes[0][0], course, platform=inboxes[0][1])
    path = course / "submitted" / ada / STEP
    for _ in range(2):
        record = of_ada(collect(inboxes[1][0], course, platform=inboxes[1][1]))
        assert not record.taken and record.needs_review and "by another way before" in record.reason
        assert answer(path / FILE) == expected
    [kept] = (course / "earlier" / ada / STEP).iterdir()
    assert answer(kept) != expected
    path.rename(tmp_path / "moved")
    assert of_ada(collect(inboxes[1][0], course, platform=inboxes[1][1])).taken
    assert answer(path / FILE) != expected


def test_same_answers_by_another_route_are_no_question(tmp_path: Path, course: Path) -> None:
    collect(fill_inbox(tmp_path / "first", {f"ada_45/{FILE}": LESS}), course)
    export = fill_inbox(tmp_path / "second", {f"class/{name}": text for name, text in CANVAS.items()})
    record = of_ada(collect(export, course, platform="canvas"))
    assert record.taken and not record.needs_review and not (course / "earlier").exists()


def test_submission_that_nbgrader_collected_is_kept_when_it_is_replaced(
    tmp_path: Path, course: Path
) -> None:
    """It need not be a notebook that intake would write."""
    write_json(course / "submitted" / "ada" / STEP / FILE, json.loads(NOTEBOOK))
    assert of_ada(collect(fill_inbox(tmp_path, {f"ada/{FILE}": LESS}), course)).taken
    [kept] = (course / "earlier" / "ada" / STEP).iterdir()
    assert answer(kept) == RIGHT


def test_models_of_two_routes_are_both_kept(tmp_path: Path, course: Path) -> None:
    cell = {"cell_type": "code", "id": "x", "metadata": {}, "source": "pass", "outputs": []}
    release = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    write_json(course / "release" / TRAINED_IN / f"{TRAINED_IN}.ipynb", release)
    collect(fill_inbox(tmp_path / "1", {f"ada_45/{NAME}": "one"}), course)
    collect(fill_inbox(tmp_path / "2", {f"ada_45/{NAME}": "two"}), course)
    inbox = fill_inbox(tmp_path / "3", {f"c/ada_45_678_{NAME}": "three", f"c/bob_46_679_{FILE}": LESS})
    record = of_ada(collect(inbox, course, platform="canvas"))
    assert not record.taken and record.needs_review
    assert (course / "submitted" / "ada_45" / TRAINED_IN / NAME).read_text() == "two"
    kept = (course / "earlier" / "ada_45" / TRAINED_IN).iterdir()
    assert {path.read_text() for path in kept} == {"one", "three"}


@pytest.mark.parametrize("place", ["ada", f"ada/{STEP}", f"ada/{STEP}/{FILE}", f"ada/{STEP}/data"])
def test_intake_writes_through_no_symbolic_link(tmp_path: Path, course: Path, place: str) -> None:
    """To a folder or a file of somebody else's, or to one that does not exist."""
    target = tmp_path / "elsewhere"
    (target / STEP).mkdir(parents=True)
    link = course / "submitted" / place
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target / "none" if place.endswith("data") else target)
    record = of_ada(collect(fill_inbox(tmp_path, {f"ada/{FILE}": NOTEBOOK}), course))
    assert not record.taken and record.needs_review
    assert f"submitted/{place} is a link, which is not followed" in record.reason
    assert [path.name for path in target.rglob("*")] == [STEP]


def test_intake_leaves_the_other_names_of_a_hard_link_as_they_are(tmp_path: Path, course: Path) -> None:
    collect(fill_inbox(tmp_path / "1", {f"ada/{FILE}": NOTEBOOK}), course)
    backup = tmp_path / "backup.ipynb"
    os.link(course / "submitted" / "ada" / STEP / FILE, backup)
    collect(fill_inbox(tmp_path / "2", {f"ada/{FILE}": LESS}), course)
    assert answer(backup) == RIGHT and answer(course / "submitted" / "ada" / STEP / FILE) == OTHER
