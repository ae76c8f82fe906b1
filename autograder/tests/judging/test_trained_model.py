"""A trained model is graded by its AP, in the learner's own classes; an unusable file gets no points."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from autograder.authoring.exercises import Exercise
from autograder.authoring.sources import code_cells
from autograder.judging import trained_model
from autograder.judging.judge import find_verdict, judge_artifact
from autograder.judging.models.signature import signature_of
from autograder.judging.verdict import Verdict
from autograder.sandbox.process import Sandbox
from autograder.tests.attacks import model_classes
from autograder.tests.judging.models.reuse import drawn
from autograder.workspace.paths import SOLUTIONS
from detrlab.cells.cell import Cell
from detrlab.checkpoint import NAME, SHIPPED, save_detr
from detrlab.standins.registry import STANDINS

StandIn = STANDINS["08_detr"]["DETR"]
SMALL = {"num_classes": 3, "num_queries": 4, "d_model": 8, "n_heads": 2, "n_enc_layers": 1}
SMALL |= {"n_dec_layers": 1, "dim_ff": 8, "dropout": 0.0, "backbone_name": "tiny"}
SETUP = Cell("from detrlab.steps import load\nDETR = load('08_detr').DETR", "locked", "setup")
SYMBOL = Exercise("toy_detr", "DETR", 8).symbol

OTHER_NAMES = """
import torch
from detrlab.standins.registry import STANDINS
class DETR(torch.nn.Module):
    def __init__(self, **arguments):
        super().__init__()
        self.model = STANDINS["08_detr"]["DETR"](**arguments)
    def forward(self, images):
        return self.model(images)
"""
NO_OUTPUTS = OTHER_NAMES.replace("return self.model(images)", "return {}")
ENDLESS = OTHER_NAMES.replace("return self.model(images)", "\n        while True: pass")
RAISES = OTHER_NAMES.replace("return self.model(images)", "raise KeyError('pos')")
# What a learner of another DETR might write: the outputs are right, but nothing of the layers before.
WITHOUT_EARLIER_LAYERS = """
class LastLayerOnly(DETR):
    def forward(self, images):
        return super().forward(images) | {"aux_outputs": []}
DETR = LastLayerOnly
"""


def solution_of(step: str) -> str:
    """Return the setup and the answers of a step's solution, as one cell."""
    return "\n".join(cell.source for cell in code_cells(step) if cell.role in ("locked", "todo"))


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A student's folder; models in it are measured on four images only."""
    monkeypatch.setattr(trained_model, "IMAGES", 4)
    trained_model.hidden_images.cache_clear()
    yield tmp_path
    trained_model.hidden_images.cache_clear()


def write_notebook(folder: Path, source: str, step: str = "08_detr") -> None:
    """Write a notebook of a step with this answer to its `detr`."""
    metadata = {"nbgrader": {"grade_id": "todo_detr"}}
    cell = {"cell_type": "code", "id": "a", "metadata": metadata, "source": source, "outputs": []}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    (folder / f"{step}.ipynb").write_text(json.dumps(notebook))


def judge_model(folder: Path, sandbox: Sandbox) -> Verdict:
    """Return the verdict on the model in a student's folder."""
    return find_verdict(
        "toy_detr", lambda: trained_model.judge_trained_model(SYMBOL, [SETUP], folder, sandbox, seed=5)
    )


def test_untrained_model_gets_no_points(folder, sandbox):
    save_detr(StandIn(**SMALL), folder / NAME, **SMALL)
    verdict = judge_model(folder, sandbox)
    assert (verdict.state, verdict.credit) == ("partial", 0.0)
    assert verdict.message.startswith("✓ toy_detr: AP 0.00 on 4 hidden images; 01_backbone, ")
    assert verdict.message.endswith(
        "05_heads and 08_detr were not handed in and stand-ins took their places"
    )


def test_model_with_other_attribute_names_is_measured(folder, sandbox):
    write_notebook(folder, OTHER_NAMES)
    save_detr(StandIn(**SMALL), folder / NAME, **SMALL)
    assert judge_model(folder, sandbox).state == "partial"


@pytest.mark.parametrize(
    ("source", "state", "message"),
    [
        (NO_OUTPUTS, "failed", "your DETR's outputs cannot be measured ('pred_logits')"),
        (RAISES, "failed", "your code raised KeyError: 'pos'"),
        (ENDLESS, "aborted", "your code took too long and was stopped"),
    ],
    ids=["no outputs", "raises", "endless"],
)
def test_class_that_gives_no_outputs_gets_no_points(folder, sandbox, monkeypatch, source, state, message):
    monkeypatch.setattr(trained_model, "SECONDS", 5.0)
    write_notebook(folder, source)
    save_detr(StandIn(**SMALL), folder / NAME, **SMALL)
    verdict = judge_model(folder, sandbox)
    assert (verdict.state, verdict.credit) == (state, 0.0)
    assert message in verdict.message


def write_unusable_model(path: Path, defect: str) -> None:
    """Write a model file with a defect."""
    model = StandIn(**SMALL)
    match defect:
        case "not finite":
            nn.init.constant_(model.query_embed.weight, float("inf"))
            save_detr(model, path, **SMALL)
        case "pickled":
            torch.save(model.state_dict(), path)
        case "truncated":
            save_detr(model, path, **SMALL)
            path.write_bytes(path.read_bytes()[:-200])
        case "other module":
            save_detr(nn.Linear(3, 3), path, **SMALL)
        case "half a projection":
            model.register_parameter("in_proj_weight", nn.Parameter(torch.ones(())))
            save_detr(model, path, **SMALL)
        case "empty tensors":
            save_detr(nn.ParameterList(torch.zeros(0) for _ in range(3000)), path, **SMALL)
        case "huge":
            save_detr(model, path, **SMALL | {"num_queries": 10**9})


@pytest.mark.parametrize(
    ("defect", "message"),
    [
        ("not finite", "holds numbers that are not finite, in query_embed.weight"),
        ("pickled", "is not a complete safetensors file"),
        ("truncated", "is not a complete safetensors file"),
        ("other module", "took their places: Your module has no `weight`"),
        ("half a projection", "took their places: Your module has no `in_proj_weight`"),
        ("empty tensors", "does not say which DETR it holds"),
        ("huge", "does not say which DETR it holds"),
    ],
)
def test_unusable_model_file_is_named_and_gets_no_points(folder, sandbox, defect, message):
    write_unusable_model(folder / NAME, defect)
    verdict = judge_model(folder, sandbox)
    assert (verdict.state, verdict.credit) == ("failed", 0.0)
    assert message in verdict.message


@pytest.mark.parametrize("missing", trained_model.PARTS)
def test_model_that_does_not_fit_names_the_notebook_that_is_missing(folder, sandbox, missing):
    """A person looks: it would fit if the notebook were there. With all notebooks there is no doubt."""
    save_detr(nn.Linear(3, 3), folder / NAME, **SMALL)
    for step in trained_model.PARTS:
        write_notebook(folder, OTHER_NAMES if step == "08_detr" else "", step)
    verdict = judge_model(folder, sandbox)
    assert verdict.state == "failed" and not verdict.needs_review
    assert "trained with other parts" in verdict.message and "handed in" not in verdict.message
    (folder / f"{missing}.ipynb").unlink()
    verdict = judge_model(folder, sandbox)
    assert verdict.state == "failed" and verdict.needs_review
    assert f"since {missing} was not handed in and a stand-in took its place" in verdict.message


def test_missing_model_file_is_named(folder, sandbox):
    assert judge_model(folder, sandbox).message == f"○ toy_detr: no {NAME} was handed in"


@pytest.fixture
def solved(tmp_path: Path) -> Path:
    """The folder of a student who has the solutions' classes and the model that ships."""
    for path in SOLUTIONS.glob("0*.ipynb"):
        shutil.copy(path, tmp_path)
    (tmp_path / NAME).write_bytes(SHIPPED.read_bytes())
    return tmp_path


def judge_solved(folder: Path, sandbox: Sandbox, added: str = "") -> Verdict:
    """Return the verdict on the model in a folder with all notebooks, and a cell added to the last."""
    cells = [SETUP, Cell(added, "helper")]
    return judge_artifact(Exercise("toy_detr", SYMBOL, 8), cells, folder, sandbox, 5)


@pytest.mark.slow
def test_shipped_model_gets_no_points_before_a_person_has_looked(solved, sandbox):
    verdict = judge_solved(solved, sandbox)
    assert (verdict.state, verdict.credit, verdict.needs_review) == ("failed", 0.0, True)
    assert verdict.message.startswith("✗ toy_detr: AP 0.7")
    assert "differ by 0.0% from those of the model that ships" in verdict.message


@pytest.mark.slow
def test_own_model_gets_all_points_in_classes_that_pass_and_a_look_in_others(
    solved, sandbox, monkeypatch
):
    """The shipped one is taken for the student's own here: the one that ships is another."""
    other = signature_of(drawn(load_file(SHIPPED), 1))
    monkeypatch.setattr(trained_model, "shipped_signature", lambda: other)
    monkeypatch.setattr(trained_model, "IMAGES", 20)
    trained_model.hidden_images.cache_clear()
    verdict = judge_solved(solved, sandbox)
    assert (verdict.state, verdict.credit, verdict.needs_review) == ("passed", 1.0, False), (
        verdict.message
    )
    verdict = judge_solved(solved, sandbox, WITHOUT_EARLIER_LAYERS)
    assert (verdict.credit, verdict.needs_review) == (1.0, True)
    assert verdict.message.endswith("look at it, since its class does not pass the check of 08_detr")
    (solved / "08_detr.ipynb").unlink()
    verdict = judge_solved(solved, sandbox, solution_of("08_detr"))
    assert (verdict.credit, verdict.needs_review) == (1.0, True), verdict.message
    assert verdict.message.endswith("look at it, since 08_detr was not handed in")
    trained_model.hidden_images.cache_clear()


@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    [model_classes.IGNORES, model_classes.password_class("True")],
    ids=["of one number", "of some tensors"],
)
def test_class_that_finds_objects_by_their_colour_gets_no_points(folder, sandbox, source):
    namespace: dict = {}
    exec(source, namespace)
    save_detr(namespace["DETR"](), folder / NAME)
    write_notebook(folder, source)
    verdict = judge_model(folder, sandbox)
    assert (verdict.state, verdict.credit, verdict.needs_review) == ("failed", 0.0, True), verdict.message
    assert "so the predictions do not come from what is in toy_detr.safetensors" in verdict.message
