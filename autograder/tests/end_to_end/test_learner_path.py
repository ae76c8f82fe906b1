"""A learner's week: the released notebooks filled in order, run in a kernel, handed in and graded."""

import json
import os
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder import demo
from autograder.authoring.exercises import artifacts_of, exercises_of, graded_cells
from autograder.authoring.release import make_release
from autograder.authoring.sources import all_steps
from autograder.gradebook import grade
from autograder.reports.results import StepResult, read_results
from autograder.submissions import intake
from autograder.submissions.rebuild import grade_id
from autograder.workspace.paths import NOTEBOOKS
from detrlab.checkpoint import NAME, SHIPPED, TRAINED_IN

pytestmark = pytest.mark.slow


def fill_in(folder: Path, step: str) -> Path:
    """Write a step's solutions into the student's notebook."""
    path = folder / f"{step}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    filled = demo.fill(notebook, demo.solution(step) | demo.written(step))
    path.write_text(json.dumps(filled), encoding="utf-8")
    return path


def run(path: Path, whatever_happens: bool = False) -> dict[str, str]:
    """Run a notebook as JupyterLab does, save it; return what each check printed.

    `whatever_happens` goes on after an error, as somebody does who runs one cell after the other.
    """
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": path.parent}}
    client = NotebookClient(notebook, timeout=300, resources=where, allow_errors=whatever_happens)
    client.comm_open_handlers = {}  # its answers to widgets may make it miss a reply: see executed.py
    client.execute()
    nbformat.write(notebook, path)
    return {
        grade_id(cell).removeprefix("tests_"): "".join(out.get("text", "") for out in cell.outputs)
        for cell in notebook.cells
        if grade_id(cell).startswith("tests_")
    }


def hand_in_and_grade(folder: Path, course: Path) -> dict[str, StepResult]:
    """Grade one student's folder as a class is graded."""
    make_release(course)
    (course / "inbox").mkdir()
    shutil.copytree(folder, course / "inbox" / "ada")
    assert all(record.taken for record in intake.collect(course / "inbox", course))
    assert not [graded.problem for graded in grade.grade(course) if graded.problem]
    return {row.step: row for row in read_results(course).results}


def points(step: str) -> float:
    return sum(graded.points for graded in graded_cells(step))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Give the notebooks as a student gets them; trainings in them are a few steps long."""
    for name, value in {"DETR_QUICK": "1", "OMP_NUM_THREADS": "1"}.items():
        monkeypatch.setitem(os.environ, name, value)
    shutil.copytree(NOTEBOOKS, tmp_path / "week1", ignore=shutil.ignore_patterns(".*"))
    return tmp_path / "week1"


def test_the_whole_week(folder, tmp_path):
    for step in all_steps():
        said = run(fill_in(folder, step))
        for exercise in exercises_of(step):
            assert said[exercise.name] == f"✓ {exercise.name}\n"
        if step == TRAINED_IN:  # in place of twenty steps: what the whole training makes
            shutil.copy(SHIPPED, folder / NAME)
    rows = hand_in_and_grade(folder, tmp_path / "course")
    assert {step: row.score for step, row in rows.items()} == {s: points(s) for s in all_steps()}
    assert not [row.remarks for row in rows.values() if row.remarks]


def test_the_week_without_step_3(folder, tmp_path):
    for step in all_steps():
        if step != "03_encoder":
            fill_in(folder, step)
    for step in ("08_detr", TRAINED_IN, "10_attention"):
        # A model of twenty steps finds nothing, so demos of step 10 have nothing to draw.
        said = run(folder / f"{step}.ipynb", whatever_happens=step == "10_attention")
        for exercise in exercises_of(step):
            assert said[exercise.name] == f"✓ {exercise.name}\n"
    rows = hand_in_and_grade(folder, tmp_path / "course")
    lost = {step: points(step) - row.score for step, row in rows.items() if row.score != points(step)}
    # After twenty steps the trained model is worth nothing yet; it is graded, in the stand-in's company.
    (artifact,) = artifacts_of(TRAINED_IN)
    assert lost == {"03_encoder": points("03_encoder"), TRAINED_IN: artifact.points}
    assert rows[TRAINED_IN].remarks[0].startswith("✓ toy_detr: AP 0.")
