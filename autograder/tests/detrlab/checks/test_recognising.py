"""detrlab.checks.recognising: which known mistake is named, and how sure the message is."""

import pytest
import torch

from detrlab.checks.errors import CheckFailed, LearnerBug
from detrlab.checks.observing import Outcome
from detrlab.checks.recognising import HEDGE, Slip, judge

RIGHT = [Outcome({"a": 1, "b": 1.1 * torch.ones(2), "c": 3}) for _ in range(2)]
MESSAGE = "You doubled it."


def wrong(b: float = 2.0, c: object = 3, **more: object) -> Outcome:
    return Outcome({"a": 1, "b": b * torch.ones(2), "c": c, **more})


def raised(message: str, error: str = "RuntimeError") -> Outcome:
    return Outcome({"a": 1}, failure=LearnerBug(f"your code raised {error}: {message}", (), error))


def failure(mine: list[Outcome], *slips: Slip) -> CheckFailed:
    try:
        judge(mine, RIGHT, slips)
    except CheckFailed as failure:
        return failure
    raise AssertionError("the answer passed")


def test_slip_is_recognised_by_the_first_wrong_value_whatever_comes_after_it():
    slip = Slip("doubled", MESSAGE, [wrong(c=4), wrong(c=4)])
    found = failure([wrong(c="another"), Outcome({"a": 1, "b": 2 * torch.ones(2)})], slip)
    assert str(found) == MESSAGE
    assert (found.slip, found.case) == ("doubled", 1)


def test_slip_that_differs_at_the_first_wrong_value_is_not_recognised():
    slip = Slip("doubled", MESSAGE, [wrong(c=4), wrong(c=4)])
    found = failure([wrong(2.5, c=4), wrong(2.5, c=4)], slip)
    assert "all of its numbers are off" in str(found) and MESSAGE not in str(found)
    assert found.slip is None


def test_message_is_hedged_where_the_slip_explains_the_first_wrong_case_only():
    slip = Slip("doubled", MESSAGE, [wrong(), wrong()])
    found = failure([wrong(), wrong(3.0)], slip)
    assert str(found).startswith("b has the right shape, but all of its numbers are off")
    assert str(found).endswith(f"{HEDGE} {MESSAGE}")


def test_message_is_hedged_where_the_slip_is_wrong_in_a_case_in_which_the_learner_is_right():
    slip = Slip("doubled", MESSAGE, [wrong(), wrong()])
    assert HEDGE in str(failure([wrong(), RIGHT[1]], slip))


def test_slip_is_not_named_where_it_explains_half_of_the_wrong_tables_of_whole_numbers(monkeypatch):
    slip = Slip("doubled", MESSAGE, [wrong(), wrong()])
    monkeypatch.setattr(f"{__name__}.RIGHT", [wrong(1.0), wrong(1.0)])
    assert MESSAGE not in str(failure([wrong(), wrong(3.0)], slip))
    assert str(failure([wrong(), wrong()], slip)) == MESSAGE


def test_no_slip_is_named_where_two_agree_on_a_table_of_whole_numbers(monkeypatch):
    other = Slip("other", "Another one.", [wrong(c=5), wrong(c=5)])
    slip = Slip("doubled", MESSAGE, [wrong(c=4), wrong(c=4)])
    monkeypatch.setattr(f"{__name__}.RIGHT", [wrong(1.0), wrong(1.0)])
    assert HEDGE not in str(failure([wrong(c=6), wrong(c=6)], other, slip))
    assert str(failure([wrong(c=4), wrong(c=4)], other, slip)) == MESSAGE


def test_message_is_asserted_of_the_slip_that_explains_most_cases():
    other = Slip("other", "Another one.", [wrong(), wrong(5.0)])
    slip = Slip("doubled", MESSAGE, [wrong(), wrong()])
    assert str(failure([wrong(), wrong()], other, slip)) == MESSAGE


def test_message_is_hedged_between_two_slips_that_differ_only_after_the_first_wrong_value():
    other = Slip("other", "Another one.", [wrong(c=5), wrong(c=5)])
    slip = Slip("doubled", MESSAGE, [wrong(c=4), wrong(c=4)])
    assert HEDGE in str(failure([wrong(c=6), wrong(c=6)], other, slip))
    assert str(failure([wrong(c=4), wrong(c=4)], other, slip)) == MESSAGE


def test_what_is_observed_only_since_a_value_is_wrong_belongs_to_that_value():
    slip = Slip("doubled", MESSAGE, [wrong(why="x"), wrong(why="x")])
    early = [Outcome({"a": 1, "b": 2 * torch.ones(2), "why": why}) for why in ("x", "y")]
    assert str(failure([early[0]] * 2, Slip("doubled", MESSAGE, [early[0]] * 2))) == MESSAGE
    assert MESSAGE not in str(failure([early[1]] * 2, Slip("doubled", MESSAGE, [early[0]] * 2)))
    assert str(failure([wrong(), wrong()], slip)) == MESSAGE


def test_error_is_recognised_by_its_type_and_place_and_asserted_with_the_same_words_only():
    slip = Slip("transposed", MESSAGE, [raised("shapes 2x3 and 4x5")] * 2)
    near = Slip("transposed", MESSAGE, [raised("shapes 2x3 and 4x5 differ")] * 2)
    assert str(failure([raised("shapes 2x3 and 4x5")] * 2, slip)) == MESSAGE
    found = str(failure([raised("the shapes differ: 2x3 and 4x5")] * 2, near))
    assert found == f"your code raised RuntimeError: the shapes differ: 2x3 and 4x5. {HEDGE} {MESSAGE}"
    assert MESSAGE not in str(failure([raised("shapes 2x3 and 4x5", "TypeError")] * 2, slip))


def test_words_of_an_error_are_the_same_where_a_sandbox_has_cut_or_cleaned_them():
    slip = Slip("transposed", MESSAGE, [raised("two\nlines, " + 300 * "long ")] * 2)
    assert str(failure([raised("two lines, " + 60 * "long ")] * 2, slip)) == MESSAGE


def test_error_with_other_words_names_no_slip_where_two_are_possible():
    slips = [
        Slip(name, f"{name}.", [raised(f"these shapes differ {name}")] * 2) for name in ("one", "two")
    ]
    found = str(failure([raised("these shapes differ three")] * 2, *slips))
    assert found == "your code raised RuntimeError: these shapes differ three"


@pytest.mark.parametrize(
    ("mine", "theirs", "error"),
    [
        ("'int' object is not callable", "argument 'input' must be Tensor, not tuple", "TypeError"),
        ("'X' object has no attribute 'y'", "'Z' object has no attribute 'w'", "AttributeError"),
        ("name 'x' is not defined", "name 'y' is not defined", "NameError"),
    ],
)
def test_error_of_the_same_type_about_something_else_names_no_slip(mine, theirs, error):
    slip = Slip("transposed", MESSAGE, [raised(theirs, error)] * 2)
    assert str(failure([raised(mine, error)] * 2, slip)) == f"your code raised {error}: {mine}"


def test_error_of_our_use_is_not_taken_for_one_of_the_learners_code():
    slip = Slip("transposed", MESSAGE, [raised("these shapes differ: 1")] * 2)
    ours = "it cannot be used as it should be: RuntimeError: these shapes differ: 2"
    mine = Outcome({"a": 1}, failure=LearnerBug(ours, (), "RuntimeError"))
    assert str(failure([mine] * 2, slip)) == ours


def test_error_after_another_observation_is_not_the_same():
    slip = Slip("transposed", MESSAGE, [raised("x")] * 2)
    later = Outcome({"a": 1, "b": torch.ones(2)}, failure=LearnerBug("your code raised RuntimeError: x"))
    assert MESSAGE not in str(failure([later] * 2, slip))


def test_type_of_an_error_survives_the_fixture():
    outcome = Outcome.from_data(raised("sizes differ").to_data())
    assert isinstance(outcome.failure, LearnerBug) and outcome.failure.error == "RuntimeError"
    ours = Outcome.from_data(Outcome({}, failure=CheckFailed("no such part")).to_data())
    assert type(ours.failure) is CheckFailed


def test_message_is_hedged_between_two_slips_that_do_the_same():
    slips = [Slip(name, f"{name}.", [wrong(), wrong()]) for name in ("one", "two")]
    assert HEDGE in str(failure([wrong(), wrong()], *slips))
