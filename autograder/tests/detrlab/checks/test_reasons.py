"""What a failure tells authors: its case, the slip, and in how many wrong cases that does the same."""

import pytest

from detrlab.checks.errors import CheckFailed, NothingYet
from detrlab.checks.examining import AGAIN, examine
from detrlab.checks.observing import Outcome
from detrlab.checks.probing import Probe
from detrlab.checks.recognising import Slip, judge

RIGHT = [1, 2, 3, 4]
ZERO_AT_2 = Slip("zero-at-2", "It is zero.", [Outcome({"x": value}) for value in (1, 0, 3, 4)])
ZERO_AFTER_1 = Slip("zero-after-1", "It stays zero.", [Outcome({"x": value}) for value in (1, 0, 0, 0)])


def failure_of(values: list[int], slips: list[Slip]) -> CheckFailed:
    """Return how a comparison of these values with the right ones fails; there is one in each case."""
    right = [Outcome({"x": value}) for value in RIGHT[: len(values)]]
    with pytest.raises(CheckFailed) as failure:
        judge([Outcome({"x": value}) for value in values], right, slips)
    return failure.value


def test_right_outcomes_of_every_case_pass():
    outcomes = [Outcome({"x": value}) for value in RIGHT]
    judge(outcomes, outcomes, [ZERO_AT_2])


@pytest.mark.parametrize(
    ("values", "slips", "case", "slip", "why"),
    [
        ([1, 0, 3, 4], [ZERO_AT_2], 2, "zero-at-2", "agrees with the slip in 1 of 1 wrong case"),
        ([1, 0, 0, 0], [ZERO_AFTER_1], 2, "zero-after-1", "agrees with the slip in 3 of 3 wrong cases"),
        ([1, 0, 0, 7], [ZERO_AFTER_1], 2, "zero-after-1", "agrees with the slip in 2 of 3 wrong cases"),
        ([9, 0, 3, 4], [ZERO_AT_2], 1, None, "no known slip does the same; 2 wrong cases"),
        ([1, 2, 3, 5], [], 4, None, "no known slip does the same; 1 wrong case"),
    ],
)
def test_failure_has_case_slip_and_the_number_of_cases_that_the_slip_explains(
    values, slips, case, slip, why
):
    failure = failure_of(values, slips)
    assert (failure.case, failure.slip, failure.why) == (case, slip, why)


def test_stub_has_neither_case_nor_slip():
    stub = [Outcome({}, failure=NothingYet("nothing here yet"))]
    with pytest.raises(NothingYet) as failure:
        judge(stub, [Outcome({"x": 1})], [])
    assert (failure.value.case, failure.value.slip, failure.value.why) == (None, None, "")


@pytest.mark.parametrize(("right_calls", "case"), [(3, 3), (4, 2), (5, 1)])
def test_case_keeps_its_number_when_the_cases_are_tried_again_in_reverse(right_calls, case):
    calls = []

    def wrong_later(x):
        calls.append(x)
        return x if len(calls) <= right_calls else -x

    probe = Probe(lambda learner, case: iter([("x", learner(case["x"]))]))
    right = [Outcome({"x": x}) for x in (1, 2, 3)]
    with pytest.raises(CheckFailed, match=AGAIN[:20]) as failure:
        examine(probe, wrong_later, [{"x": x} for x in (1, 2, 3)], right, ())
    assert failure.value.case == case
