"""detrlab.training: the same seed trains the same model; malformed targets end a training."""

import pytest
import torch

from autograder.tests.detrlab.small_detr import (
    Settings,
    detr_collate,
    make_target,
    small_detr,
    small_loss,
    train,
)
from detrlab import training


def test_same_seed_trains_same_model():
    first, second, other = (
        train(Settings(3, log_every=0, seed=seed)).model.state_dict() for seed in (0, 0, 1)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["query_embed.weight"], other["query_embed.weight"])


def test_malformed_targets_stop_training():
    dataset = [(torch.zeros(3, 32, 32), make_target([[16.0, 16.0, 4.0, 4.0]]))]
    model = small_detr()
    optimizer = torch.optim.SGD(model.parameters())
    run = training.TrainingRun(model, small_loss(), optimizer, num_steps=1, log_every=0)
    with pytest.raises(ValueError, match=r"Image 0, boxes: .* divide pixels"):
        next(run.batches(dataset, 1, detr_collate))
