"""detrlab.checks.comparing: the message on a wrong value."""

import math

import pytest
import torch

from detrlab.checks.comparing import describe, same


def test_describe_shows_wrong_number_unless_secret():
    mine, right = torch.tensor(0.5), torch.tensor(2.0)
    assert describe("the loss", mine, right) == "the loss is off: it is 0.5 and should be 2."
    assert describe("the loss", mine, right, secret=True) == "the loss is off."


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        (0.1 * 1e-4, 1e-5, True),
        (1e-5, 1.2e-5, False),
        (0.0, 1e-6, False),
        (math.nan, math.nan, True),
        (math.inf, math.inf, True),
        ([{"lr": 0.1 + 0.2}], [{"lr": 0.3}], True),
        (0, 0.0, False),
        (True, 1, False),
    ],
)
def test_same_compares_floats_inside_plain_data_with_a_relative_tolerance(mine, theirs, expected):
    assert same(mine, theirs) is expected


def test_describe_rounds_a_share_neither_to_nothing_nor_to_everything():
    right = torch.zeros(1000)
    assert "1% of its numbers" in describe("x", right.clone().index_fill(0, torch.tensor(3), 1.0), right)
    assert "99% of its numbers" in describe("x", right.index_fill(0, torch.arange(999), 1.0), right)
    assert "all of its numbers" in describe("x", right + 1, right)
