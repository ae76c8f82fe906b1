"""detrlab.training: the order of the batches, the learning rate, seeds, malformed targets."""

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


def test_batch_order_visits_every_sample_once_per_epoch():
    order = training.batch_order(10, 4, 5, seed=0)
    assert [len(batch) for batch in order] == [4] * 5
    flat = [index for batch in order for index in batch]
    assert sorted(flat[:10]) == sorted(flat[10:]) == list(range(10))
    assert flat[:10] != flat[10:]
    assert order == training.batch_order(10, 4, 5, seed=0) != training.batch_order(10, 4, 5, seed=1)


def test_learning_rate_rises_during_warm_up_then_falls_to_zero():
    factors = [training.learning_rate_factor(step, 1000) for step in range(1, 1001)]
    assert factors[0] == pytest.approx(1 / training.WARM_UP)
    peak = factors.index(max(factors)) + 1
    assert peak == training.WARM_UP and factors[peak - 1] > 0.95
    assert factors == [*sorted(factors[:peak]), *sorted(factors[peak:], reverse=True)]
    assert 0 < factors[-1] < 1e-4


def test_malformed_targets_stop_training():
    dataset = [(torch.zeros(3, 32, 32), make_target([[16.0, 16.0, 4.0, 4.0]]))]
    model = small_detr()
    optimizer = torch.optim.SGD(model.parameters())
    run = training.TrainingRun(model, small_loss(), optimizer, num_steps=1, log_every=0)
    with pytest.raises(ValueError, match=r"Image 0, boxes: .* divide pixels"):
        next(run.batches(dataset, 1, detr_collate))
