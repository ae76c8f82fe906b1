"""Intake takes every honest notebook, however it was saved, and refuses the rest with a reason."""

import copy
import json
import os
import stat
import zipfile
from pathlib import Path

import pytest

from autograder.submissions.intake import collect
from autograder.submissions.notebook_json import MAX_BYTES, UnreadableFile, parse_notebook
from autograder.submissions.rebuild import rebuild
from autograder.submissions.student_ids import student_id
from autograder.tests.gradebook.small_course import (
    STEP,
    STUB,
    answered,
    cell,
    code,
    find,
    nbgrader,
    source_notebook,
    submit,
)
from autograder.workspace.files import read_json
from autograder.workspace.paths import intake_records_path

RIGHT = "def layer(x):\n    return x"
LATER = "def layer(x):\n    return 0 + x"


@pytest.fixture
def pristine() -> dict:
    """A release as generate_assignment makes it, without nbgrader's seconds."""
    notebook = source_notebook()
    for name in ("layer", "stack"):
        find(notebook, f"todo_{name}")["source"] = STUB.replace("layer", name)
        find(notebook, f"tests_{name}")["source"] = f"check.{name}({name})"
    find(notebook, "written_why")["source"] = "YOUR ANSWER HERE"
    return notebook


@pytest.fixture
def course(tmp_path: Path, pristine: dict) -> Path:
    """A course that has nothing but a release."""
    folder = tmp_path / "course" / "release" / STEP
    folder.mkdir(parents=True)
    (folder / f"{STEP}.ipynb").write_text(json.dumps(pristine))
    return tmp_path / "course"


def submitted(course: Path, student: str) -> dict:
    """Read what intake wrote for a student."""
    return json.loads((course / "submitted" / student / STEP / f"{STEP}.ipynb").read_text())


def stripped(notebook: dict) -> dict:
    """Return a notebook without metadata and ids, as some editors save it."""
    result = copy.deepcopy(notebook)
    for made in result["cells"]:
        made["metadata"] = {}
        made.pop("id", None)
    return result | {"metadata": {}, "nbformat_minor": 2}


def added(kind: str, source: str, **metadata: object) -> dict:
    """Return a cell that the learner added."""
    return cell(kind, f"x{abs(hash(source)) % 10**8}", source, dict(metadata))


def test_answers_are_taken_by_grade_id(pristine: dict) -> None:
    """Answers come over, given cells do not."""
    theirs = answered(pristine, todo_layer=RIGHT, tests_layer="print('passed')", written_why="So.")
    theirs["cells"][0]["source"] = "# Another title"
    find(theirs, "locked_setup")["source"] = "import os"
    result = rebuild(theirs, pristine)
    assert find(result, "todo_layer")["source"] == RIGHT
    assert find(result, "written_why")["source"] == "So."
    assert find(result, "tests_layer") == find(pristine, "tests_layer")
    assert find(result, "locked_setup")["source"] == "import math"
    assert result["cells"][0]["source"] == "# A step"


def test_stripped_metadata(pristine: dict) -> None:
    """Without metadata and ids, answers are found by the names they define and by their place."""
    theirs = stripped(answered(pristine, todo_layer=RIGHT, written_why="So."))
    result = rebuild(theirs, pristine)
    assert find(result, "todo_layer")["source"] == RIGHT
    assert find(result, "todo_stack") == find(pristine, "todo_stack")
    assert find(result, "written_why")["source"] == "So."
    assert len(result["cells"]) == len(pristine["cells"])


def test_points_and_roles_cannot_be_edited(pristine: dict) -> None:
    """Metadata is the release's."""
    theirs = answered(pristine, todo_layer=RIGHT)
    find(theirs, "tests_layer")["metadata"] |= {"tags": ["skip-execution"]}
    find(theirs, "tests_layer")["metadata"]["nbgrader"]["points"] = 400
    find(theirs, "tests_stack")["cell_type"] = "markdown"
    result = rebuild(theirs, pristine)
    assert find(result, "tests_layer") == find(pristine, "tests_layer")
    assert find(result, "tests_stack") == find(pristine, "tests_stack")


def test_deleted_cells_come_back(pristine: dict) -> None:
    """A learner who deletes checks or TODOs has them again."""
    theirs = answered(pristine, todo_layer=RIGHT)
    gone = ("tests_layer", "tests_stack", "todo_stack", "written_why")
    theirs["cells"] = [c for c in theirs["cells"] if c["id"].replace("-", "_") not in gone]
    assert rebuild(theirs, pristine) == answered(pristine, todo_layer=RIGHT)


def test_the_last_copy_wins_unless_it_is_the_stub(pristine: dict) -> None:
    """Of copies of a TODO the last answer counts; earlier ones stay as helper cells before it."""
    theirs = answered(pristine, todo_layer=RIGHT)
    copies = [cell("code", f"copy{i}", s, nbgrader("todo_layer")) for i, s in enumerate([LATER, STUB])]
    theirs["cells"][3:3] = copies
    result = rebuild(theirs, pristine)
    assert find(result, "todo_layer")["source"] == LATER
    assert code(result).count(RIGHT) == 1
    assert code(result).count(STUB) == 0


def test_an_answer_in_a_cell_of_its_own(pristine: dict) -> None:
    """An answer below an untouched TODO takes the TODO's place."""
    theirs = copy.deepcopy(pristine)
    theirs["cells"].insert(4, added("code", f"import os\n{RIGHT}"))
    result = rebuild(theirs, pristine)
    assert find(result, "todo_layer")["source"] == f"import os\n{RIGHT}"
    assert len(result["cells"]) == len(pristine["cells"])


def test_a_broken_answer_is_still_the_answer(pristine: dict) -> None:
    """A syntax error is the learner's answer, not a missing one."""
    theirs = stripped(answered(pristine, todo_layer="def layer(x:\n    return x"))
    assert find(rebuild(theirs, pristine), "todo_layer")["source"].startswith("def layer(x:")


def test_helper_cells_stay_before_their_checks(pristine: dict) -> None:
    """Added code stays where it stood, also where the learner moved the TODO below its check."""
    theirs = answered(pristine, todo_layer="def layer(x):\n    return helper(x)")
    helper = added("code", "def helper(x):\n    return x", tags=["skip-execution"])
    theirs["cells"].insert(2, helper)
    texts = code(rebuild(theirs, pristine))
    assert texts.index(helper["source"]) == texts.index("import math") + 1
    todo = theirs["cells"].pop(3)
    theirs["cells"].insert(4, todo)
    theirs["cells"].insert(5, added("code", "second = 2"))
    result = rebuild(theirs, pristine)
    assert code(result).index(helper["source"]) < code(result).index("check.layer(layer)")
    assert all(c["metadata"] == {"tags": ["added"]} for c in result["cells"] if c["id"][:5] == "added")


def test_an_edited_demo_stays_a_demo(pristine: dict) -> None:
    """A learner may play with demos; without metadata they are known by their text."""
    theirs = answered(pristine, todo_layer=RIGHT)
    theirs["cells"][6]["source"] = "print(layer(7), stack(4), 'a demonstration')"
    result = rebuild(stripped(theirs), pristine)
    assert [c["source"] for c in result["cells"] if c["metadata"] == {"tags": ["demo"]}] == [
        theirs["cells"][6]["source"]
    ]


def test_a_written_answer_below_its_cell(pristine: dict) -> None:
    """Many write below "YOUR ANSWER HERE" instead of in its place."""
    theirs = copy.deepcopy(pristine)
    theirs["cells"] += [added("markdown", "First."), added("markdown", "Second.")]
    result = rebuild(theirs, pristine)
    assert find(result, "written_why")["source"] == "First.\n\nSecond."


def test_outputs_are_kept_within_bounds(pristine: dict) -> None:
    """Plots and logs stay with open cells; unknown kinds, checks' outputs and floods do not."""
    theirs = answered(pristine, todo_layer=RIGHT)
    plot = {"output_type": "display_data", "data": {"image/png": "aGk="}, "metadata": {"x": 1}}
    script = {"output_type": "display_data", "data": {"application/javascript": "alert(1)"}}
    flood = {"output_type": "stream", "name": "stdout", "text": ["x" * 1000] * 5000}
    find(theirs, "todo_layer")["outputs"] = [plot, script, 7, {"output_type": "nonsense"}]
    find(theirs, "tests_layer")["outputs"] = [plot]
    theirs["cells"][6]["outputs"] = [flood]
    result = rebuild(theirs, pristine)
    shown = find(result, "todo_layer")["outputs"]
    assert [output["data"] for output in shown] == [{"image/png": "aGk="}, {}]
    assert find(result, "tests_layer")["outputs"] == []
    assert len(str(result)) < 100_000


def test_rebuilding_twice_changes_nothing(pristine: dict) -> None:
    """NbGrader rebuilds again what intake has rebuilt."""
    theirs = answered(pristine, todo_layer=RIGHT)
    theirs["cells"][3:3] = [added("code", LATER), added("markdown", "a note"), added("code", "y = 1")]
    theirs["cells"] += [added("markdown", "below"), added("code", "z = 1"), added("code", "print(7)")]
    once = rebuild(theirs, pristine)
    assert rebuild(once, pristine) == once


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "co', "cut off"),
        (b'{"nbformat": 4, "cells": [', "cut off"),
        (b'{"nbformat": 4, oops "cells": []}\n\n', "damaged at line 1"),
        (b'{"nbformat": 4,\n<<<<<<< HEAD\n=======\n>>>>>>> a\n"cells": []}', "git conflict"),
        (b'{"nbformat": 4, "cells": [{"x": NaN}]}', "NaN"),
        (b'{"nbformat": 3, "worksheets": []}', "format 3"),
        (b'{"nbformat": 99, "cells": []}', "format 99"),
        (b'{"nbformat": "4", "cells": []}', "format '4'"),
        (b'{"nbformat": 4, "cells": []}', "no cells"),
        (b'{"nbformat": 4, "cells": 3}', "no list of cells"),
        (b"[1]", "not a notebook"),
        (b"\xff\xfe{}", "UTF-8"),
        (b'{"nbformat": 4, "cells": ' + b"[" * 100 + b"]" * 100 + b"}", "too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "too deeply"),
        (b" " * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_unreadable_files_are_explained(data: bytes, reason: str) -> None:
    """What is wrong is said in plain words."""
    with pytest.raises(UnreadableFile, match=reason):
        parse_notebook(data)


def test_malformed_cells_read_as_empty(pristine: dict) -> None:
    """Cells of any shape do no harm."""
    odd = [{}, {"cell_type": 3, "source": 4, "metadata": []}, {"source": ["a", 5], "id": []}]
    odd += [{"cell_type": "code", "metadata": {"nbgrader": {"grade_id": ["todo_layer"]}}}]
    odd += [{"cell_type": "markdown", "source": "\ud800", "attachments": {"a": 3, "b": {"c": 4}}}]
    result = rebuild({"cells": odd}, pristine)
    assert "?" in [c["source"] for c in result["cells"]]
    json.dumps(result, ensure_ascii=False).encode()


def test_a_class_is_collected(tmp_path: Path, course: Path, pristine: dict) -> None:
    """Folders, zips, odd names and damaged files side by side; one does not stop the other."""
    inbox = tmp_path / "inbox"
    done = answered(pristine, todo_layer=RIGHT)
    submit(inbox, "ada", done, f"week1/deep/{STEP}.ipynb")
    submit(inbox, "ada", pristine, f"week1/{STEP}-Copy1.ipynb")
    submit(inbox, "ada", pristine, f".ipynb_checkpoints/{STEP}-checkpoint.ipynb")
    submit(inbox, "Zoë Müller", done, "my homework.ipynb")
    submit(inbox, "cut", done).write_bytes(json.dumps(done).encode()[:-200])
    submit(inbox, "empty", {"nbformat": 4, "cells": [cell("code", "x", "1")]}, "scratch.ipynb")
    with zipfile.ZipFile(inbox / "bob.zip", "w") as archive:
        archive.writestr(f"notebooks/week1/{STEP}.ipynb", json.dumps(done))
    records = collect(inbox, course)
    taken = {record.student: record.file for record in records if record.taken}
    zoe = student_id("Zoë Müller")
    assert taken == {
        "ada": f"week1/deep/{STEP}.ipynb",
        "bob": f"notebooks/week1/{STEP}.ipynb",
        zoe: "my homework.ipynb",
    }
    for student in taken:
        assert find(submitted(course, student), "todo_layer")["source"] == RIGHT
    reasons = {r.student: r.reason for r in records if r.needs_review}
    assert reasons.keys() == {"cut"}
    assert "cut off" in reasons["cut"]
    assert collect(inbox, course) == records


def test_hostile_entries_are_refused(tmp_path: Path, course: Path, pristine: dict) -> None:
    """Paths out of a zip, links, pipes, bombs and loose files are named; nothing is written outside."""
    inbox = tmp_path / "inbox"
    content = json.dumps(pristine)
    submit(inbox, "link", pristine, "other.txt")
    (inbox / "link" / f"{STEP}.ipynb").symlink_to(inbox / "link" / "other.txt")
    (inbox / "loop").mkdir()
    (inbox / "loop" / "again").symlink_to(inbox)
    (inbox / "linked").symlink_to(inbox / "link")
    (inbox / "loose.ipynb").write_text(content)
    (inbox / "broken.zip").write_bytes(b"PK\x03\x04 not a zip")
    os.mkfifo(inbox / "link" / f"pipe_{STEP}.ipynb")
    with zipfile.ZipFile(inbox / "evil.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (
            f"../../{STEP}.ipynb",
            f"/etc/{STEP}.ipynb",
            f"C:\\{STEP}.ipynb",
            f"a\\..\\..\\{STEP}.ipynb",
        ):
            archive.writestr(name, content)
        bomb = zipfile.ZipInfo(f"bomb_{STEP}.ipynb")
        archive.writestr(bomb, b" " * (MAX_BYTES + 1), zipfile.ZIP_DEFLATED)
        pointer = zipfile.ZipInfo(f"pointer_{STEP}.ipynb")
        pointer.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(pointer, "/etc/passwd")
    before = {path for path in tmp_path.rglob("*") if "course" not in path.parts}
    records = collect(inbox, course)
    assert not any(record.taken for record in records)
    assert all(record.needs_review for record in records)
    assert sum(record.student == "evil" for record in records) == 6
    assert {record.student for record in records} == {
        "link", "loop", "linked", "loose.ipynb", "broken", "evil",
    }  # fmt: skip
    assert not list(course.glob("submitted/*"))
    assert {path for path in tmp_path.rglob("*") if "course" not in path.parts} == before


def test_student_ids_are_safe_and_distinct() -> None:
    """Names become ids that are safe in paths and URLs; different names stay different."""
    names = ["ada", "a/b", "a b", "a_b", "李雷", "韩梅梅", "..", "-rf", "x" * 300, "12345", "é", "e"]
    ids = [student_id(name) for name in names]
    assert ids[0] == "ada" and ids[3] == "a_b" and ids[9] == "12345"
    assert len(set(ids)) == len(names)
    assert all(re_safe(made) for made in ids)


def re_safe(made: str) -> bool:
    """Say whether an id holds safe characters only."""
    return (
        made[0] not in ".-"
        and len(made) < 80
        and all(c.isascii() and (c.isalnum() or c in "._-") for c in made)
    )


def test_a_changed_submission_is_graded_again(tmp_path: Path, course: Path, pristine: dict) -> None:
    """What was graded stays where nothing changed, and is taken away where something did."""
    inbox = tmp_path / "inbox"
    submit(inbox, "ada", answered(pristine, todo_layer=RIGHT))
    collect(inbox, course)
    graded = course / "autograded" / "ada" / STEP
    graded.mkdir(parents=True)
    collect(inbox, course)
    assert graded.exists()
    submit(inbox, "ada", answered(pristine, todo_layer=LATER))
    collect(inbox, course)
    assert not graded.exists()


def test_a_problem_stays_until_its_step_is_handed_in_again(tmp_path: Path, course: Path) -> None:
    """Also where the next inbox holds other steps only."""
    inbox = tmp_path / "inbox"
    submit(inbox, "ada", {}).write_text("{")
    collect(inbox, course)
    submit(inbox, "ada", {}).unlink()
    submit(inbox, "ada", {"nbformat": 4, "cells": [cell("code", "x", "1")]}, "notes.ipynb")
    collect(inbox, course)
    kept = {
        (one["file"], one["needs_review"]) for one in read_json(intake_records_path(course))["records"]
    }
    assert kept == {(f"{STEP}.ipynb", True), ("notes.ipynb", False)}


def test_a_copy_is_not_asked_about_and_another_version_is(
    tmp_path: Path, course: Path, pristine: dict
) -> None:
    """Two files of one name: equal ones are one; of two versions a person hears which was taken."""
    inbox = tmp_path / "inbox"
    for student, other in (("ada", RIGHT), ("bob", LATER)):
        submit(inbox, student, answered(pristine, todo_layer=other), f"a/{STEP}.ipynb")
        submit(inbox, student, answered(pristine, todo_layer=RIGHT), f"b/{STEP}.ipynb")
    asked = [(one.student, one.file) for one in collect(inbox, course) if one.needs_review]
    assert asked == [("bob", f"a/{STEP}.ipynb")]
