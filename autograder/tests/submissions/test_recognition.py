"""Files are recognised by what they hold, also under another name or of another kind."""

from pathlib import Path

from autograder.submissions.intake import collect
from autograder.tests.gradebook.small_course import STEP, answered, make_cell, submit
from autograder.tests.submissions.inbox_files import (
    NOTEBOOK,
    OTHER,
    RIGHT,
    concerned,
    put_file,
    taken_files,
    zip_bytes,
)
from autograder.workspace.files import write_json


def test_copy_with_the_answers_wins_over_a_blank_with_the_plain_name(
    tmp_path: Path, course: Path, release: dict
) -> None:
    inbox = tmp_path / "inbox"
    submit(inbox, "ada", release)
    submit(inbox, "ada", answered(release, todo_layer=RIGHT), f"{STEP}-Copy1.ipynb")
    submit(inbox, "bob", answered(release, todo_layer=RIGHT, written_why="So."), f"{STEP} (1).ipynb")
    submit(inbox, "bob", answered(release, todo_layer=OTHER))
    records = collect(inbox, course)
    assert taken_files(records) == {"ada": f"{STEP}-Copy1.ipynb", "bob": f"{STEP} (1).ipynb"}
    [record] = [record for record in records if record.needs_review]
    assert record.file == f"{STEP}.ipynb" and record.student == "bob"
    assert f"{STEP} (1).ipynb holds more answers" in record.reason


def test_notebook_under_another_steps_name_is_recognised_by_its_cells(
    tmp_path: Path, course: Path, release: dict
) -> None:
    other = {"nbformat": 4, "cells": [make_cell("markdown", "t", "# Heads"), make_cell("code", "x", "1")]}
    write_json(course / "release" / "05_heads" / "05_heads.ipynb", other)
    inbox = tmp_path / "inbox"
    submit(inbox, "ada", answered(release, todo_layer=RIGHT), "05_heads.ipynb")
    submit(inbox, "bob", {"nbformat": 4, "cells": [make_cell("code", "y", "2")]}, "05_heads.ipynb")
    ada, bob = collect(inbox, course)
    assert (ada.step, ada.taken, ada.needs_review) == (STEP, True, True)
    assert ada.reason == f"is named like 05_heads, but holds the cells of {STEP}."
    assert (bob.step, bob.taken, bob.needs_review) == ("", False, True)
    assert bob.reason == "is named like 05_heads, but holds none of its cells."


def test_answer_alone_in_a_new_notebook_is_taken(tmp_path: Path, course: Path) -> None:
    cell = {"cell_type": "code", "source": RIGHT, "metadata": {}}
    submit(tmp_path / "inbox", "ada", {"nbformat": 4, "cells": [cell]})
    assert taken_files(collect(tmp_path / "inbox", course)) == {"ada": f"{STEP}.ipynb"}


def test_files_of_other_kinds_are_named_and_reviewed_where_their_step_is_missing(
    tmp_path: Path, course: Path
) -> None:
    inbox = tmp_path / "inbox"
    put_file(tmp_path, f"ada/{STEP}.ipynb", NOTEBOOK.encode())
    put_file(tmp_path, f"ada/{STEP}.html", b"<html>")
    put_file(tmp_path, "bob/05_heads.pdf", b"%PDF")
    put_file(tmp_path, f"bob/{STEP}.ipynb.txt", NOTEBOOK.encode())
    put_file(tmp_path, "carl/work.7z", b"7z")
    put_file(tmp_path, "dora.rar", b"Rar!")
    put_file(tmp_path, "emmy.zip", zip_bytes({"my work.py": "print(1)", ".ipynb_checkpoints/a.py": ""}))
    heads = {"nbformat": 4, "cells": [make_cell("markdown", "t", "# Heads")]}
    write_json(course / "release" / "05_heads" / "05_heads.ipynb", heads)
    records = concerned(collect(inbox, course))
    assert {(record.student, record.file, record.needs_review) for record in records} == {
        ("ada", f"{STEP}.ipynb", False),
        ("ada", f"{STEP}.html", False),
        ("bob", "05_heads.pdf", True),
        ("bob", f"{STEP}.ipynb.txt", False),
        ("carl", "work.7z", True),
        ("dora", "dora.rar", True),
        ("emmy", "my work.py", True),
    }
    reasons = {record.file: record.reason for record in records}
    assert "archive that cannot be opened here; pack the notebooks as a zip" in reasons["dora.rar"]
    assert "is a Python script, which cannot be graded" in reasons["my work.py"]
