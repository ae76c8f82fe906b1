"""detrlab.checkpoint: a trained model in a file, and messages on files that hold none."""

import math

import pytest
import torch
from torch import nn

from autograder.tests.detrlab.small_detr import ARGUMENTS, DETR, small_detr
from detrlab import training
from detrlab.ap import evaluate
from detrlab.checkpoint import load_detr, save_detr
from detrlab.toy import validation_set


def test_loaded_model_predicts_as_saved_one(tmp_path):
    model, path = small_detr().eval(), tmp_path / "model.safetensors"
    save_detr(model, path, **ARGUMENTS)
    images = torch.rand(2, 3, 40, 56)
    loaded = load_detr(DETR, path)
    assert not loaded.training
    assert torch.equal(model(images)["pred_boxes"], loaded(images)["pred_boxes"])
    assert evaluate(loaded, validation_set()[:2])["AP"] == evaluate(model, validation_set()[:2])["AP"]


def test_load_explains_files_that_hold_no_fitting_model(tmp_path):
    path = tmp_path / "model.safetensors"

    def message():
        with pytest.raises(ValueError) as caught:
            load_detr(DETR, path)
        return str(caught.value)

    assert "There is no model.safetensors" in message()
    torch.save(small_detr().state_dict(), path)
    assert "not a complete safetensors file" in message()
    save_detr(small_detr(), path, **ARGUMENTS)
    path.write_bytes(path.read_bytes()[:-100])
    assert "not a complete safetensors file" in message()
    path.write_bytes(b"")
    assert "not a complete safetensors file" in message()
    failed = small_detr()
    nn.init.constant_(failed.query_embed.weight, math.nan)
    save_detr(failed, path, **ARGUMENTS)
    assert "not finite, in query_embed.weight" in message()
    save_detr(nn.Linear(2, 2), path)
    assert "does not fit your model" in message()
    save_detr(small_detr(), path, d_model=10**9)
    assert "does not say which DETR it holds" in message()
    save_detr(small_detr(), path, **ARGUMENTS | {"num_queries": 5})
    assert "does not fit your model: `query_embed` has the wrong size" in message()


def test_positional_settings_are_saved_with_the_model(tmp_path):
    path = tmp_path / "model.safetensors"
    model = training.initialise(small_detr()).eval()
    features = torch.zeros(1, 8, 3, 4)
    assert not torch.equal(model.position_encoding(features), small_detr().position_encoding(features))
    save_detr(model, path, **ARGUMENTS)
    loaded = load_detr(DETR, path)
    assert torch.equal(model.position_encoding(features), loaded.position_encoding(features))
    model.position_settings = {"temperature": "hot"}
    save_detr(model, path, **ARGUMENTS)
    with pytest.raises(ValueError, match="does not say which DETR it holds"):
        load_detr(DETR, path)
