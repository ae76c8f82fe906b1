"""detrlab.loop.schedule: the order of the samples and the learning rates."""

import pytest

from detrlab.loop.schedule import WARM_UP, batch_order, learning_rate_factor


def test_batch_order_visits_every_sample_once_per_epoch():
    order = batch_order(10, 4, 5, seed=0)
    assert [len(batch) for batch in order] == [4] * 5
    flat = [index for batch in order for index in batch]
    assert sorted(flat[:10]) == sorted(flat[10:]) == list(range(10))
    assert flat[:10] != flat[10:]
    assert order == batch_order(10, 4, 5, seed=0) != batch_order(10, 4, 5, seed=1)


def test_learning_rate_rises_during_warm_up_then_falls_to_zero():
    factors = [learning_rate_factor(step, 1000) for step in range(1, 1001)]
    assert factors[0] == pytest.approx(1 / WARM_UP)
    peak = factors.index(max(factors)) + 1
    assert peak == WARM_UP and factors[peak - 1] > 0.95
    assert factors == [*sorted(factors[:peak]), *sorted(factors[peak:], reverse=True)]
    assert 0 < factors[-1] < 1e-4
