"""detrlab.checks.comparing: the message on a wrong value."""

import math

import pytest
import torch

from detrlab.checks.comparing import describe, same


def test_describe_shows_wrong_number_unless_secret():
    mine, right = torch.tensor(0.7), torch.tensor(2.0)
    assert describe("the loss", mine, right) == "the loss is off: it is 0.7 and should be 2."
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


RIGHT = torch.tensor([[0.3, -1.2, 2.5], [0.9, 0.1, -0.4]])


@pytest.mark.parametrize(
    ("mine", "ends_with"),
    [
        (RIGHT.flip(1), "in another order along dimension 1: [2, 1, 0]."),
        (RIGHT[:, [1, 2, 0]], "in another order along dimension 1: [1, 2, 0]."),
        (RIGHT[[0, 0]], "Along dimension 0 they are the right ones of the places [0, 0]."),
        (RIGHT.T.reshape(2, 3), "with dimensions 0 and 1 exchanged."),
        (RIGHT.relu(), "after a ReLU."),
        (-RIGHT, "Only the sign is wrong."),
        (RIGHT / 3, "Yours is 1/3 times what it should be."),
        (RIGHT * 0.37, "Yours is 0.37 times what it should be."),
        (RIGHT - 1, "Everywhere yours is smaller by 1."),
        (RIGHT * torch.tensor([1.0, 1.0, 0.7]), "Along dimension 1 only the places [2] are off."),
        (RIGHT * torch.tensor([[1.0], [0.7]]), "Along dimension 0 only the places [1] are off."),
    ],
)
def test_describe_says_how_wrong_numbers_relate_to_the_right_ones(mine, ends_with):
    assert describe("x", mine, RIGHT).endswith(ends_with)
    assert describe("x", mine, RIGHT, secret=True).endswith(ends_with)


def test_describe_names_a_simple_factor_of_a_single_number_and_no_other():
    assert describe("x", torch.tensor(0.6), torch.tensor(1.8)).endswith(
        "Yours is 1/3 times what it should be."
    )
    assert describe("x", torch.tensor(0.61), torch.tensor(1.8)).endswith("should be 1.8.")


def test_describe_names_no_relation_between_tables_of_zeros_and_ones_or_to_zeros():
    table = torch.eye(3)
    assert describe("x", table.flip(0), table).endswith("expected 1.")
    assert describe("x", torch.ones(2), torch.zeros(2)).endswith("expected 0.")
