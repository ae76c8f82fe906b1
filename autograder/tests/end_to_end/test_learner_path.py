"""A learner's week: the released notebooks filled in, run in a kernel, submitted and graded."""

import json
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
from autograder.judging import trained_model
from autograder.judging.models.signature import signature_of
from autograder.reports.results import StepResult, read_results
from autograder.submissions import intake
from autograder.submissions.rebuild import grade_id
from autograder.workspace.paths import NOTEBOOKS
from detrlab.checkpoint import NAME, SHIPPED, TRAINED_IN

pytestmark = pytest.mark.slow


def fill_in(folder: Path, step: str) -> Path:
    """Write the solutions of a step into the student's notebook; return its path."""
    path = folder / f"{step}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    filled = demo.fill(notebook, demo.solution(step) | demo.written(step))
    path.write_text(json.dumps(filled), encoding="utf-8")
    return path


def run_notebook(path: Path, allow_errors: bool = False) -> dict[str, str]:
    """Run a notebook as JupyterLab does, and save it; return what each check printed.

    Args:
        path: the notebook.
        allow_errors: go on after an error, as somebody does who runs one cell after the other.
    """
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": path.parent}}
    client = NotebookClient(notebook, timeout=300, resources=resources, allow_errors=allow_errors)
    client.comm_open_handlers = {}  # its answers to widgets may make it miss a reply: see execution.py
    client.execute()
    nbformat.write(notebook, path)
    return {
        grade_id(cell).removeprefix("tests_"): "".join(out.get("text", "") for out in cell.outputs)
        for cell in notebook.cells
        if grade_id(cell).startswith("tests_")
    }


def submit_and_grade(folder: Path, course: Path) -> dict[str, StepResult]:
    """Grade one student's folder as a class is graded; return the results by step."""
    make_release(course)
    (course / "inbox").mkdir()
    shutil.copytree(folder, course / "inbox" / "ada")
    assert all(record.taken for record in intake.collect(course / "inbox", course))
    assert not [graded.problem for graded in grade.grade(course) if graded.problem]
    return {row.step: row for row in read_results(course).results}


def points_of(step: str) -> float:
    return sum(graded.points for graded in graded_cells(step))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the notebooks as a student gets them; trainings in them are a few steps long."""
    monkeypatch.setenv("DETR_QUICK", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    shutil.copytree(NOTEBOOKS, tmp_path / "week1", ignore=shutil.ignore_patterns(".*"))
    return tmp_path / "week1"


def test_solved_week_passes_every_check_and_gets_all_points(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(trained_model, "shipped_signature", lambda: signature_of({}))
    for step in all_steps():
        printed = run_notebook(fill_in(folder, step))
        for exercise in exercises_of(step):
            assert printed[exercise.name] == f"✓ {exercise.name}\n"
        # In place of a model of twenty steps, one that was trained to the end; as if another one shipped.
        if step == TRAINED_IN:
            shutil.copy(SHIPPED, folder / NAME)
    rows = submit_and_grade(folder, tmp_path / "course")
    assert {step: row.score for step, row in rows.items()} == {s: points_of(s) for s in all_steps()}
    assert not [row.remarks for row in rows.values() if row.remarks]


def test_week_without_step_3_loses_points_of_step_3_and_trained_model(folder, tmp_path):
    for step in all_steps():
        if step != "03_encoder":
            fill_in(folder, step)
    for step in ("08_detr", TRAINED_IN, "10_attention"):
        # A model of twenty steps finds nothing, so demos of step 10 have nothing to draw.
        printed = run_notebook(folder / f"{step}.ipynb", allow_errors=step == "10_attention")
        for exercise in exercises_of(step):
            assert printed[exercise.name] == f"✓ {exercise.name}\n"
    rows = submit_and_grade(folder, tmp_path / "course")
    lost = {
        step: points_of(step) - row.score for step, row in rows.items() if row.score != points_of(step)
    }
    # After twenty steps the trained model gets no points yet; it is graded, together with the stand-in.
    (artifact,) = artifacts_of(TRAINED_IN)
    assert lost == {"03_encoder": points_of("03_encoder"), TRAINED_IN: artifact.points}
    assert rows[TRAINED_IN].remarks[0].startswith("✓ toy_detr: AP 0.")
