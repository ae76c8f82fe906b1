"""detrlab.steps: one notebook's code loaded into another, with stand-ins for unwritten steps."""

import pytest
import torch

from autograder.demo import solution
from autograder.tests.detrlab.learner_notebooks import fill_notebook
from detrlab import steps
from detrlab.standins.registry import STANDINS

STEP = "03_encoder"


def test_load_returns_stand_in_for_unwritten_step(week, capsys):
    assert steps.load(STEP).TransformerEncoder is STANDINS[STEP]["TransformerEncoder"]
    assert capsys.readouterr().out.count("\n") == 1


def test_load_returns_learners_class_for_written_step(week, capsys):
    fill_notebook(week, STEP, **solution(STEP))
    encoder = steps.load(STEP).TransformerEncoder(n_layers=2, d_model=8, n_heads=2, dim_ff=8)
    assert type(encoder) is not STANDINS[STEP]["TransformerEncoder"]
    assert encoder(torch.zeros(1, 3, 8), torch.zeros(1, 3, 8)).shape == (1, 3, 8)
    assert capsys.readouterr().out == ""


def test_load_replaces_only_unwritten_half_of_step(week):
    answers = solution(STEP)
    fill_notebook(week, STEP, todo_encoder_layer=answers["todo_encoder_layer"])
    module = steps.load(STEP)
    assert module.TransformerEncoder is STANDINS[STEP]["TransformerEncoder"]
    assert module.TransformerEncoderLayer is not STANDINS[STEP]["TransformerEncoderLayer"]


def test_load_names_missing_or_damaged_notebook(week):
    with pytest.raises(FileNotFoundError, match=r'no notebook "99_nothing.ipynb"'):
        steps.load("99_nothing")
    (week / f"{STEP}.ipynb").write_text("{")
    with pytest.raises(ValueError, match="cannot be read as a notebook"):
        steps.load(STEP)
