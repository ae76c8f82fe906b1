"""detrlab.figures.curves: the figure of a training and its words."""

import torch

from autograder.tests.detrlab.small_detr import HungarianMatcher, small_detr, small_loss
from detrlab import training
from detrlab.figures.curves import Curves, watch
from detrlab.toy import validation_set


def test_watch_returns_shares_and_keeps_training_mode():
    model = small_detr()
    samples = validation_set()[:3]
    watched = watch(model, HungarianMatcher(), samples, torch.device("cpu"))
    assert set(watched) == {"matched_no_object", "unmatched_no_object", "largest_class", "silent"}
    assert all(0 <= value <= 1 for value in watched.values())
    assert model.training
    with torch.no_grad():
        model.heads.class_head[1].bias[-1] = 50
    watched = watch(model, HungarianMatcher(), samples, torch.device("cpu"))
    assert watched["silent"] == 1 and watched["matched_no_object"] > 0.99


def test_curves_describe_losses_and_ap_and_survive_saving():
    curves = Curves()
    curves.losses = [{"step": 5, "class": 1.0, "bbox": 0.5, "giou": 0.25, "total": 9.0}]
    assert "class 1.000, bbox 0.500, giou 0.250" in curves.words()
    curves.draw(10)
    model = small_detr()
    optimizer = torch.optim.SGD(model.parameters())
    run = training.TrainingRun(model, small_loss(), optimizer, num_steps=10)
    run.validation, run.step, run.curves = validation_set()[:2], 5, curves
    run.measure(last=True)
    assert "At step 5: AP 0.00" in curves.words()
    curves.draw(10)
    restored = Curves()
    restored.from_data(curves.to_data())
    assert restored.words() == curves.words()
