"""A course of one small step, with a judge that looks at words: what the tests of grading work on."""

import copy
import json
from pathlib import Path
from typing import Any

from autograder.workspace.course import open_course
from autograder.workspace.files import write_json

STEP = "03_encoder"
STUB = "def layer(x):\n    # YOUR CODE HERE\n    raise NotImplementedError"


def nbgrader(name: str, points: int | None = None) -> dict:
    """Return nbgrader's metadata for a cell of a role."""
    role = name.split("_")[0]
    metadata = {
        "schema_version": 3,
        "grade_id": name,
        "grade": role in ("tests", "written"),
        "solution": role in ("todo", "written"),
        "locked": role in ("tests", "locked"),
        "task": False,
    }
    return {"nbgrader": metadata if points is None else metadata | {"points": points}}


def cell(kind: str, name: str, source: str, metadata: dict | None = None) -> dict:
    """Return a cell of a notebook file."""
    made: dict[str, Any] = {"cell_type": kind, "id": name.replace("_", "-"), "source": source}
    made["metadata"] = metadata or {}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def source_notebook() -> dict:
    """Return the instructor's notebook: two TODOs with checks, and a written question."""
    cells = [
        cell("markdown", "title", "# A step"),
        cell("code", "locked_setup", "import math", nbgrader("locked_setup")),
    ]
    for name, points in (("layer", 4), ("stack", 2)):
        body = f"def {name}(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION"
        tests = (
            f"check.{name}({name})\n### BEGIN HIDDEN TESTS\nhidden.{name}({name})\n### END HIDDEN TESTS"
        )
        cells += [
            cell("code", f"todo_{name}", body, nbgrader(f"todo_{name}")),
            cell("code", f"tests_{name}", tests, nbgrader(f"tests_{name}", points)),
        ]
    cells += [
        cell("code", "demo", "print(layer(3), stack(4), 'a demonstration')", {"tags": ["demo"]}),
        cell("markdown", "locked_why", "Why?", nbgrader("locked_why")),
        cell(
            "markdown",
            "written_why",
            "Model answer: because. 1 point for why, 1 for not.",
            nbgrader("written_why", 2),
        ),
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


CONFIG = 'c = get_config()\nc.WriteVerdicts.judge = "autograder.tests.gradebook.keyword_judge.judge"\n'


# What coming late costs, for a course's settings.
LATE = """
c.AssignLatePenalties.plugin_class = "autograder.gradebook.late_policy.LatePolicy"
c.LatePolicy.per_day = 0.25
"""


def by_a_person(course: Path, student: str, score: float, name: str = "written_why") -> None:
    """Give points for an answer, and a comment on the written one, as formgrader does."""
    with open_course(course).gradebook as gradebook:
        mark = gradebook.find_grade(name, STEP, STEP, student)
        mark.manual_score, mark.needs_manual_grade = score, False
        gradebook.find_comment("written_why", STEP, STEP, student).manual_comment = "Good."
        gradebook.db.commit()


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
    """Return a copy with some cells' text replaced, named by grade_id."""
    result = copy.deepcopy(notebook)
    for made in result["cells"]:
        name = made["metadata"].get("nbgrader", {}).get("grade_id")
        made["source"] = answers.pop(name, made["source"]) if name else made["source"]
    assert not answers, answers
    return result


def find(notebook: dict, name: str) -> dict:
    """Return the cell with a grade_id."""
    cells = notebook["cells"]
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


def code(notebook: dict) -> list[str]:
    """Return the code cells' texts."""
    texts = (c["source"] for c in notebook["cells"] if c["cell_type"] == "code")
    return [t if isinstance(t, str) else "".join(t) for t in texts]


def submit(inbox: Path, student: str, notebook: dict, name: str = f"{STEP}.ipynb") -> Path:
    """Put a notebook into a student's folder of the inbox."""
    path = inbox / student / name
    write_json(path, notebook)
    return path
