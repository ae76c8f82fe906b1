"""A trained model is graded by its AP, in the learner's own classes, and only a good file gets points."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from torch import nn

from autograder.authoring.exercises import Exercise
from autograder.judging import trained_model
from autograder.judging.judge import find_verdict
from autograder.sandbox.process import Sandbox
from autograder.submissions import intake
from autograder.workspace.files import read_json
from autograder.workspace.paths import SOLUTIONS
from detrlab.checkpoint import NAME, SHIPPED, TRAINED_IN, save_detr
from detrlab.standins.registry import STANDINS
from detrlab.steps import Cell

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
        self.whole = STANDINS["08_detr"]["DETR"](**arguments)
    def forward(self, images):
        return self.whole(images)
"""
LIAR = OTHER_NAMES.replace("return self.whole(images)", "return {}")
ENDLESS = OTHER_NAMES.replace("return self.whole(images)", "\n        while True: pass")
RAISES = OTHER_NAMES.replace("return self.whole(images)", "raise KeyError('pos')")


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(trained_model, "IMAGES", 4)
    trained_model.hidden_images.cache_clear()
    yield tmp_path
    trained_model.hidden_images.cache_clear()


def own_detr(folder: Path, source: str) -> None:
    metadata = {"nbgrader": {"grade_id": "todo_detr"}}
    cell = {"cell_type": "code", "id": "a", "metadata": metadata, "source": source, "outputs": []}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    (folder / "08_detr.ipynb").write_text(json.dumps(notebook))


def verdict(folder: Path, sandbox: Sandbox):
    return find_verdict(
        "toy_detr", lambda: trained_model.judge_trained_model(SYMBOL, [SETUP], folder, sandbox, seed=5)
    )


def test_an_untrained_model_gets_no_points(folder, sandbox):
    save_detr(StandIn(**SMALL), folder / NAME, **SMALL)
    judged = verdict(folder, sandbox)
    assert (judged.state, judged.credit) == ("partial", 0.0)
    assert judged.message == "✓ toy_detr: AP 0.00 on 4 hidden images"


def test_attributes_may_have_other_names(folder, sandbox):
    own_detr(folder, OTHER_NAMES)
    save_detr(StandIn(**SMALL), folder / NAME, **SMALL)
    assert verdict(folder, sandbox).state == "partial"


@pytest.mark.parametrize(
    ("source", "state", "words"),
    [
        (LIAR, "failed", "your DETR's outputs cannot be measured ('pred_logits')"),
        (RAISES, "failed", "your cells do not define it: KeyError: 'pos'"),
        (ENDLESS, "aborted", "your code took too long and was stopped"),
    ],
)
def test_classes_that_do_not_answer(folder, sandbox, monkeypatch, source, state, words):
    monkeypatch.setattr(trained_model, "SECONDS", 5.0)
    own_detr(folder, source)
    save_detr(StandIn(**SMALL), folder / NAME, **SMALL)
    judged = verdict(folder, sandbox)
    assert (judged.state, judged.credit) == (state, 0.0)
    assert words in judged.message


def damage(path: Path, how: str) -> None:
    model = StandIn(**SMALL)
    if how == "not finite":
        nn.init.constant_(model.query_embed.weight, float("inf"))
    if how == "pickled":
        torch.save(model.state_dict(), path)
    elif how == "foreign":
        save_detr(nn.Linear(3, 3), path, **SMALL)
    elif how == "half a projection":
        model.register_parameter("in_proj_weight", nn.Parameter(torch.ones(())))
        save_detr(model, path, **SMALL)
    elif how == "crumbs":
        save_detr(nn.ParameterList(torch.zeros(0) for _ in range(3000)), path, **SMALL)
    elif how == "huge":
        save_detr(model, path, **SMALL | {"num_queries": 10**9})
    else:
        save_detr(model, path, **SMALL)
    if how == "truncated":
        path.write_bytes(path.read_bytes()[:-200])


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("not finite", "holds numbers that are not finite, in query_embed.weight"),
        ("pickled", "is not a complete safetensors file"),
        ("truncated", "is not a complete safetensors file"),
        ("foreign", f"{NAME} does not fit your model: Your module has no `weight`"),
        ("half a projection", f"{NAME} does not fit your model: Your module has no `in_proj_weight`"),
        ("crumbs", "does not say which DETR it holds"),
        ("huge", "does not say which DETR it holds"),
    ],
)
def test_files_that_are_no_model(folder, sandbox, how, words):
    damage(folder / NAME, how)
    judged = verdict(folder, sandbox)
    assert (judged.state, judged.credit) == ("failed", 0.0)
    assert words in judged.message


def test_no_file(folder, sandbox):
    assert verdict(folder, sandbox).message == f"○ toy_detr: no {NAME} was handed in"


def test_intake_takes_the_model(tmp_path):
    course, inbox = tmp_path / "course", tmp_path / "inbox"
    cell = {"cell_type": "code", "id": "x", "metadata": {}, "source": "pass", "outputs": []}
    release = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    (course / "release" / TRAINED_IN).mkdir(parents=True)
    (course / "release" / TRAINED_IN / f"{TRAINED_IN}.ipynb").write_text(json.dumps(release))
    (inbox / "ada" / "week1").mkdir(parents=True)
    (inbox / "ada" / "week1" / NAME).write_bytes(b"weights")
    (record,) = intake.collect(inbox, course)
    assert record.taken and record.step == TRAINED_IN
    submitted = course / "submitted" / "ada" / TRAINED_IN
    assert (submitted / NAME).read_bytes() == b"weights"
    assert read_json(submitted / f"{TRAINED_IN}.ipynb")["cells"], "graded in the untouched notebook"
    graded = course / "autograded" / "ada" / TRAINED_IN
    graded.mkdir(parents=True)
    intake.collect(inbox, course)
    assert graded.is_dir(), "nothing has changed, so nothing is graded again"
    (inbox / "ada" / "week1" / NAME).write_bytes(b"better weights")
    intake.collect(inbox, course)
    assert (submitted / NAME).read_bytes() == b"better weights" and not graded.exists()


@pytest.mark.slow
def test_the_shipped_model_gets_all_points(tmp_path, sandbox):
    for path in SOLUTIONS.glob("0*.ipynb"):
        shutil.copy(path, tmp_path)
    (tmp_path / NAME).write_bytes(SHIPPED.read_bytes())
    judged = verdict(tmp_path, sandbox)
    assert (judged.state, judged.credit) == ("pass", 1.0), judged.message
