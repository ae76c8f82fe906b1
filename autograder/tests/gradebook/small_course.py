"""A course of one small step, with a judge that looks for words: what the tests of grading work on."""

import copy
import json
from pathlib import Path
from typing import Any

from autograder.submissions.intake import collect
from autograder.workspace.course import open_course
from autograder.workspace.files import write_json

STEP = "03_encoder"
STUB = "def layer(x):\n    # YOUR CODE HERE\n    raise NotImplementedError"
CONFIG = 'c = get_config()\nc.WriteVerdicts.judge = "autograder.tests.gradebook.keyword_judge.judge"\n'
# The late policy of a course, to be added to its settings.
LATE_POLICY = """
c.AssignLatePenalties.plugin_class = "autograder.gradebook.late_policy.LatePolicy"
c.LatePolicy.per_day = 0.25
"""

RIGHT = {"todo_layer": "def layer(x):\n    return x", "todo_stack": "def stack(x):\n    return x"}
# The answers of a small class; the words in capitals are for the keyword judge.
CLASS_ANSWERS = {
    "ada": RIGHT | {"written_why": "Because."},
    "bea": {"todo_layer": "def layer(x):\n    return 0", "written_why": "It is `a < b`."},
    "carl": {},
    "dora": {"todo_layer": "NAN", "todo_stack": "TOO MUCH"},
    "emil": {"todo_layer": "BREAK"},
    "fay": RIGHT | {"todo_stack": "FORGET"},
}


def nbgrader_metadata(grade_id: str, points: int | None = None) -> dict:
    """Return nbgrader's metadata for a cell, whose role is the first word of its grade_id."""
    role = grade_id.split("_")[0]
    metadata = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": role in ("tests", "written"),
        "solution": role in ("todo", "written"),
        "locked": role in ("tests", "locked"),
        "task": False,
    }
    return {"nbgrader": metadata if points is None else metadata | {"points": points}}


def make_cell(kind: str, name: str, source: str, metadata: dict | None = None) -> dict:
    """Return a cell of a notebook file."""
    cell: dict[str, Any] = {"cell_type": kind, "id": name.replace("_", "-"), "source": source}
    cell["metadata"] = metadata or {}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def source_notebook() -> dict:
    """Return the instructor's notebook: two TODOs with checks, and a written question."""
    cells = [
        make_cell("markdown", "title", "# A step"),
        make_cell("code", "locked_setup", "import math", nbgrader_metadata("locked_setup")),
    ]
    for name, points in (("layer", 4), ("stack", 2)):
        body = f"def {name}(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"
        tests = (
            f"check.{name}({name})\n### BEGIN HIDDEN TESTS\nhidden.{name}({name})\n### END HIDDEN TESTS"
        )
        cells += [
            make_cell("code", f"todo_{name}", body, nbgrader_metadata(f"todo_{name}")),
            make_cell("code", f"tests_{name}", tests, nbgrader_metadata(f"tests_{name}", points)),
        ]
    rubric = "Model answer: because. 1 point for why, 1 for not."
    cells += [
        make_cell("code", "demo", "print(layer(3), stack(4), 'a demonstration')", {"tags": ["demo"]}),
        make_cell("markdown", "locked_why", "Why?", nbgrader_metadata("locked_why")),
        make_cell("markdown", "written_why", rubric, nbgrader_metadata("written_why", 2)),
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def make_course(folder: Path) -> Path:
    """Make a course with its release in a folder, and return the folder."""
    write_json(folder / "source" / STEP / f"{STEP}.ipynb", source_notebook())
    (folder / "nbgrader_config.py").write_text(CONFIG)
    result = open_course(folder).generate_assignment(STEP)
    assert result["success"], result
    return folder


def release(course: Path) -> dict:
    """Return the release notebook."""
    return json.loads((course / "release" / STEP / f"{STEP}.ipynb").read_text())


def answered(notebook: dict, **answers: str) -> dict:
    """Return a copy of a notebook with the text of some cells replaced, by grade_id."""
    result = copy.deepcopy(notebook)
    for cell in result["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = answers.pop(grade_id, cell["source"]) if grade_id else cell["source"]
    assert not answers, answers
    return result


def find_cell(notebook: dict, grade_id: str) -> dict:
    """Return the cell with a grade_id."""
    cells = notebook["cells"]
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def code_sources(notebook: dict) -> list[str]:
    """Return the texts of the code cells."""
    texts = (cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code")
    return [text if isinstance(text, str) else "".join(text) for text in texts]


def submit(inbox: Path, student: str, notebook: dict, name: str = f"{STEP}.ipynb") -> Path:
    """Put a notebook into a student's folder of the inbox."""
    path = inbox / student / name
    write_json(path, notebook)
    return path


def submit_answers(course: Path, student: str, **answers: str) -> Path:
    """Put the release with these answers into the inbox beside a course; return the inbox."""
    submit(course.parent / "inbox", student, answered(release(course), **answers))
    return course.parent / "inbox"


def submit_class(course: Path) -> Path:
    """Submit the answers of the small class and take them in; return the course."""
    for student, answers in CLASS_ANSWERS.items():
        submit_answers(course, student, **answers)
    collect(course.parent / "inbox", course)
    return course


def enter_manual_score(
    course: Path, student: str, score: float, cell: str = "written_why", comment: str = "Good."
) -> None:
    """Enter points for a graded cell, and a comment on the written answer, as formgrader does."""
    with open_course(course).gradebook as gradebook:
        grade = gradebook.find_grade(cell, STEP, STEP, student)
        grade.manual_score, grade.needs_manual_grade = score, False
        gradebook.find_comment("written_why", STEP, STEP, student).manual_comment = comment
        gradebook.db.commit()
