"""detrlab.ap: average precision of known cases, and the points that follow from it."""

import math

import pytest
import torch
from torch import nn

from autograder.tests.detrlab.small_detr import make_target
from detrlab.ap import average_precision, eval_mode, share_of_points


def make_detections(boxes, classes, scores):
    target = make_target(boxes, classes)
    return {"boxes": target["boxes"], "classes": target["labels"], "scores": torch.tensor(scores)}


def test_average_precision_of_known_cases():
    targets = [make_target([[0.3, 0.3, 0.2, 0.2], [0.7, 0.7, 0.2, 0.2]], [0, 1]), make_target([])]
    nothing = make_detections([], [], [])
    right = make_detections([[0.3, 0.3, 0.2, 0.2], [0.7, 0.7, 0.2, 0.2]], [0, 1], [0.9, 0.8])
    assert average_precision([right, nothing], targets)["AP"] == pytest.approx(1)
    swapped = right | {"classes": right["classes"].flip(0)}
    assert average_precision([swapped, nothing], targets)["AP"] == pytest.approx(0)
    # IoU = (0.2 - 0.04) / (0.2 + 0.04) = 2/3: right at 0.50, 0.55, 0.60 and 0.65, wrong at the other six.
    shifted = make_detections([[0.34, 0.3, 0.2, 0.2], [0.74, 0.7, 0.2, 0.2]], [0, 1], [0.9, 0.8])
    scores = average_precision([shifted, nothing], targets)
    assert scores["AP50"] == pytest.approx(1) and scores["AP"] == pytest.approx(0.4)
    assert average_precision([nothing, nothing], targets)["AP"] == 0
    not_finite = make_detections([[0.3, 0.3, math.nan, 0.2]], [0], [0.9])
    with pytest.raises(ValueError, match="Image 0: a detection is not finite"):
        average_precision([not_finite, nothing], targets)


def test_share_of_points_grows_with_ap_up_to_full_points():
    assert [share_of_points(ap) for ap in (-1.0, 0.0, 0.3, 0.6, 0.9)] == [0, 0, 0.5, 1, 1]


@pytest.mark.parametrize("training", [True, False])
def test_mode_of_a_model_is_restored_even_if_it_raises(training):
    model = nn.Dropout().train(training)
    with pytest.raises(RuntimeError), eval_mode(model):
        assert not model.training
        raise RuntimeError
    assert model.training == training
