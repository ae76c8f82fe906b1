"""detrlab.checks.probes.reserved: library code that an exercise is about is out of reach in its check."""

import functools
import importlib
import sys

import pytest
import torch
from torch import nn
from torchvision import ops

from autograder.authoring.exercises import exercises_of
from autograder.authoring.sources import all_steps
from autograder.hidden.known_verdicts import hidden_verdict, visible_verdict
from detrlab.checks.errors import NotYourOwn
from detrlab.checks.probes.reserved import RESERVED, find, functions_of, out_of_reach

box_convert, giou = ops.box_convert, ops.generalized_box_iou  # as a cell may hold them before the check


class Layer(nn.TransformerEncoderLayer):
    """PyTorch's own layer with positions added to what it gets."""

    def __init__(self, d_model=256, n_heads=8, dim_ff=2048, dropout=0.1):
        super().__init__(d_model, n_heads, dim_ff, dropout, batch_first=True)

    def forward(self, src, pos):
        return super().forward(src + pos)


READY_MADE = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True)


class Wrapper(nn.Module):
    """Calls a layer that was built before the check."""

    def __init__(self, **_):
        super().__init__()
        self.layer = READY_MADE

    def forward(self, src, pos):
        return self.layer(src + pos)


class Behind(nn.Module):
    """Builds PyTorch's layer under another name."""

    def __init__(self, d_model=256, n_heads=8, dim_ff=2048, dropout=0.1):
        super().__init__()
        self.inner = getattr(nn, "Transformer" + "DecoderLayer")(d_model, n_heads, dim_ff)


LIBRARY = {
    "alias": ("box_cxcywh_to_xyxy", lambda boxes: box_convert(boxes, "cxcywh", "xyxy")),
    "partial": (
        "box_cxcywh_to_xyxy",
        functools.partial(ops.box_convert, in_fmt="cxcywh", out_fmt="xyxy"),
    ),
    "private": ("box_cxcywh_to_xyxy", ops.boxes._box_cxcywh_to_xyxy),
    "giou": ("generalized_box_iou", giou),
    "through-a-helper": ("generalized_box_iou", lambda a, b: (lambda *both: giou(*both))(a, b)),
    "iou-and-the-hull": ("generalized_box_iou", lambda a, b: ops.box_iou(a, b)),
    "subclass": ("encoder_layer", Layer),
    "decoder-layer": ("decoder_layer", Behind),
}


@pytest.mark.parametrize("name", LIBRARY)
def test_library_code_under_the_todos_name_is_refused_on_both_sides(name):
    exercise, learner = LIBRARY[name]
    for verdict in (visible_verdict(exercise, learner), hidden_verdict(exercise, learner, seed=3)):
        assert verdict.endswith("write it yourself. Elsewhere you may use it."), verdict


def test_object_that_was_built_before_is_out_of_reach_too():
    with (
        out_of_reach(RESERVED["encoder_layer"]),
        pytest.raises(NotYourOwn, match="TransformerEncoderLayer"),
    ):
        Wrapper()(torch.zeros(1, 2, 8), torch.zeros(1, 2, 8))


def test_library_code_is_there_again_afterwards_and_in_other_exercises():
    boxes = torch.tensor([[0.5, 0.5, 0.2, 0.4]])
    with pytest.raises(ZeroDivisionError), out_of_reach(RESERVED["generalized_box_iou"]):
        assert box_convert(boxes, "cxcywh", "xyxy").shape == (1, 4)
        raise ZeroDivisionError
    corners = box_convert(boxes, "cxcywh", "xyxy")
    assert giou(corners, corners).item() == pytest.approx(1)
    assert nn.TransformerEncoderLayer(8, 2, 12, batch_first=True)(torch.zeros(1, 2, 8)).shape == (1, 2, 8)


def test_every_row_names_an_exercise_and_code_that_can_be_put_out_of_reach():
    exercises = {exercise.name for step in all_steps() for exercise in exercises_of(step)}
    assert exercises >= RESERVED.keys()
    for name in {name for names in RESERVED.values() for name in names}:
        importlib.import_module(name.rpartition(".")[0])
        assert functions_of(find(name)), name


def test_code_whose_library_nobody_has_imported_is_not_imported_for_this(monkeypatch):
    monkeypatch.delitem(sys.modules, "torchvision.ops")
    with out_of_reach(["torchvision.ops.box_convert"]):
        assert "torchvision.ops" not in sys.modules
