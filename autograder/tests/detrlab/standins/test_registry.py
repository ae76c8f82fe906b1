"""detrlab.standins.registry: a stand-in for each name of the week, none of them an answer."""

import pytest
import torch
from torch import nn

from autograder.authoring.exercises import exercises_of
from autograder.authoring.sources import all_steps
from autograder.hidden.checking import check
from detrlab.checks.errors import CheckFailed
from detrlab.standins.registry import STANDINS

EXERCISES = [(e.name, step, e.symbol) for step in all_steps() for e in exercises_of(step)]


def test_registry_has_stand_in_for_every_name_of_the_contract():
    assert {step: set(names) for step, names in STANDINS.items()} == {
        "00_set_prediction": {"box_cxcywh_to_xyxy", "generalized_box_iou"},
        "01_backbone": {"Backbone"},
        "02_positional_encoding": {"PositionalEncoding2D"},
        "03_encoder": {"TransformerEncoderLayer", "TransformerEncoder"},
        "04_decoder": {"TransformerDecoderLayer", "TransformerDecoder"},
        "05_heads": {"DetrPredictionHeads"},
        "06_matcher": {"HungarianMatcher"},
        "07_loss": {"DetrLoss"},
        "08_detr": {"DETR"},
        "09_training": {"detr_collate", "build_optimizer", "train_step", "train_detr"},
        "10_attention": {"predict", "cross_attention_maps", "predict_and_visualize"},
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("exercise", "step", "symbol"), [row for row in EXERCISES if row[2] in STANDINS[row[1]]]
)
def test_stand_in_fails_hidden_check(exercise, step, symbol):
    with pytest.raises(CheckFailed):
        check(exercise, STANDINS[step][symbol], seed=3, isolated=True)


def test_stand_in_of_build_optimizer_keeps_the_contract_about_the_backbone():
    model = nn.ModuleDict({"backbone": nn.Conv2d(1, 1, 1), "backbone_norm": nn.Conv2d(1, 1, 1)})
    model.own = nn.Parameter(torch.zeros(1, 1, 1, 1))
    optimizer = STANDINS["09_training"]["build_optimizer"](model, 0.5, 0.25)
    rates = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    expected = {
        id(p): 0.25 if name.startswith("backbone.") else 0.5 for name, p in model.named_parameters()
    }
    assert rates == expected
