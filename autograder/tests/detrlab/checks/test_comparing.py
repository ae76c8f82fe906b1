"""detrlab.checks.comparing: the message on a wrong value."""

import math

import pytest
import torch

from detrlab.checks.comparing import describe, first_difference, same
from detrlab.checks.errors import LearnerBug
from detrlab.checks.observing import Outcome

NOTHING = Outcome()  # of the notebook's check, where nothing is known from it


def test_describe_shows_wrong_number_unless_secret():
    mine, right = torch.tensor(0.7), torch.tensor(2.0)
    assert describe("the loss", mine, right) == "the loss is off: it is 0.7 and should be 2."
    assert describe("the loss", mine, right, NOTHING) == "the loss is off."


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
    ("mine", "ends_with", "where_secret"),
    [
        (RIGHT.flip(1), "in another order along dimension 1: [2, 1, 0].", "order along dimension 1."),
        (RIGHT[:, [1, 2, 0]], "another order along dimension 1: [1, 2, 0].", "order along dimension 1."),
        (RIGHT[[0, 0]], "Along dimension 0 they are the right ones of the places [0, 0].", ""),
        (RIGHT.T.reshape(2, 3), *2 * ["with dimensions 0 and 1 exchanged."]),
        (RIGHT.relu(), *2 * ["after a ReLU."]),
        (-RIGHT, *2 * ["Only the sign is wrong."]),
        (RIGHT / 3, "Yours is 1/3 times what it should be.", ""),
        (RIGHT * 0.37, "Yours is 0.37 times what it should be.", ""),
        (RIGHT - 1, "Everywhere yours is smaller by 1.", ""),
        (RIGHT * torch.tensor([1.0, 1.0, 0.7]), "Along dimension 1 only the places [2] are off.", ""),
        (RIGHT * torch.tensor([[1.0], [0.7]]), "Along dimension 0 only the places [1] are off.", ""),
    ],
)
def test_describe_says_how_wrong_numbers_relate_to_the_right_ones(mine, ends_with, where_secret):
    """Where they are secret, only a relation that needs all of them, and without a number."""
    assert describe("x", mine, RIGHT).endswith(ends_with)
    assert describe("x", mine, RIGHT, NOTHING).endswith(where_secret or "but not the right numbers.")


def test_describe_names_a_simple_factor_of_a_single_number_and_no_other():
    assert describe("x", torch.tensor(0.6), torch.tensor(1.8)).endswith(
        "Yours is 1/3 times what it should be."
    )
    assert describe("x", torch.tensor(0.61), torch.tensor(1.8)).endswith("should be 1.8.")


def test_describe_names_no_relation_between_tables_of_zeros_and_ones_or_to_zeros():
    table = torch.eye(3)
    assert describe("x", table.flip(0), table).endswith("expected 1.")
    assert describe("x", torch.ones(2), torch.zeros(2)).endswith("expected 0.")


def secret_message(mine: object, right: object, what: str = "x", public: Outcome = NOTHING) -> str:
    """Return what a hidden check says of a value."""
    return str(first_difference(Outcome({what: mine}), Outcome({what: right}), public))


def test_hidden_check_says_the_same_however_many_numbers_are_right():
    right = torch.randn(4, 5, generator=torch.Generator().manual_seed(1))
    guesses = [right + 1, right.clone(), right.clone(), right.clone()]
    guesses[1][1:] += 1 + right[1:].square()
    guesses[2][0, 0] += 1
    guesses[3][:, 2:] -= 7
    assert {secret_message(guess, right) for guess in guesses} == {
        "x has the right shape, but not the right numbers."
    }


@pytest.mark.parametrize("right", [0.6180339, -3.0, 0.25, 12.0])
def test_hidden_check_tells_no_factor_from_which_a_number_follows(right):
    """A single number is a multiple of each other one."""
    for mine in (torch.tensor(1.0), torch.tensor(-0.5)):
        assert secret_message(mine, torch.tensor(right)) == "x is off."
        assert secret_message(mine[None], torch.tensor([right])).endswith("not the right numbers.")


@pytest.mark.parametrize(
    "right", [7, [3, 1, 2], [[0, 5], [1, 2]], {"a": 3}, (1, 2), [0.5], ["a", 2], "a tensor [3, 17]", True]
)
def test_hidden_check_tells_no_value_that_the_notebooks_check_does_not_tell(right):
    other = Outcome({"x": 4})
    assert secret_message("no", right, public=other) == "x is not what it should be."
    told = secret_message("no", right, public=Outcome({"x": right}))
    assert told.startswith("x is no; it should be ") or right == [0.5]


def test_hidden_check_tells_a_shape_that_the_notebooks_check_tells_too():
    mine, right = torch.zeros(2, 3), torch.zeros(2, 4)
    assert secret_message(mine, right, public=Outcome({"x": right + 1})).endswith("should have [2, 4].")
    assert secret_message(mine, right) == "x has shape [2, 3]; that is not right."
    assert secret_message(3, right) == "x is a int; it should be a tensor."


def test_hidden_check_names_no_drawn_number_in_what_it_looks_at():
    what = "the table of 6 features at temperature 87"
    assert secret_message(0, 1, what) == (
        "the table of … features at temperature … is not what it should be."
    )
    assert secret_message(0, 1, what, Outcome({what: 3})) == f"{what} is not what it should be."


def test_hidden_check_masks_advice_with_numbers_that_the_notebooks_check_does_not_give():
    right = Outcome({"x": 1}, {"x": "There is NaN in image 3."})
    mine = Outcome({"x": 0})
    assert str(first_difference(mine, right, NOTHING)).endswith("There is NaN in image ….")
    assert str(first_difference(mine, right, Outcome({}, right.advice))).endswith("in image 3.")


def test_hidden_check_masks_an_error_and_its_frames_alike():
    text = "got tensor([[0.1234, 2.0]]) and [1, 2, 3, 4, 5, 6, 7], 1234567, -1.5e-07"
    bug = LearnerBug(f"your code raised ValueError: {text}", [f"    in f, line 3: raise {text}"])
    failure = first_difference(Outcome(failure=bug), Outcome({"x": 1}), NOTHING)
    for line in failure.lines():
        assert line.endswith("got tensor(…) and […"), line
    assert "line 3" in failure.frames[0]
