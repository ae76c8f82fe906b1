"""detrlab.standins.model: the whole DETR and its loss."""

import pytest
import torch

from autograder.tests.detrlab.standins.standin import (
    five_query_detr,
    parameters_without_gradient,
    standin,
)


@pytest.mark.parametrize("size", [(128, 128), (64, 112), (50, 33)])
def test_loss_of_detr_reaches_every_parameter(size):
    torch.manual_seed(0)
    model = five_query_detr()
    outputs = model(torch.rand(2, 3, *size))
    assert outputs["pred_logits"].shape == (2, 5, 4) and outputs["pred_boxes"].shape == (2, 5, 4)
    assert [set(aux) for aux in outputs["aux_outputs"]] == [{"pred_logits", "pred_boxes"}] * 2
    loss = standin("07_loss", "DetrLoss")(3, standin("06_matcher", "HungarianMatcher")())
    targets = [{"labels": torch.tensor([1, 2]), "boxes": torch.rand(2, 4) / 2 + 0.2}] * 2
    losses = loss(outputs, targets)
    assert list(losses) == ["class", "bbox", "giou", "total"]
    losses["total"].backward()
    assert not parameters_without_gradient(model)
    no_objects = [{"labels": torch.zeros(0, dtype=torch.int64), "boxes": torch.zeros(0, 4)}] * 2
    assert all(part.isfinite() for part in loss(model(torch.rand(2, 3, *size)), no_objects).values())
