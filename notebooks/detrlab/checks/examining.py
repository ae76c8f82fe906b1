"""Examine an answer: run its probe in every case, compare, then once more with the same objects."""

from collections.abc import Iterable, Sequence
from typing import Any

from detrlab.checks.comparing import Slip, judge
from detrlab.checks.errors import CheckFailed
from detrlab.checks.observing import Outcome, observe, watch
from detrlab.checks.probing import Case, Probe

AGAIN = "Right at first, but not when it is used again: does it keep something from an earlier call?"


def examine(
    probe: Probe,
    learner: Any,
    cases: Sequence[Case],
    right: Sequence[Outcome],
    slips: Iterable[Slip],
    secret: bool = False,
) -> None:
    """Compare what a learner's function or class does in all cases with what is right.

    The second time the cases come in reverse, and a class gives out the objects that it has made: so they
    have seen other weights and other inputs.

    Args:
        probe: of the exercise.
        learner: the function or class, or a proxy of one in another process.
        cases, right: the inputs, and the outcome of the solution in each.
        slips: the known wrong answers, with their outcomes in the same cases.
        secret: leave numbers out of the message.

    Raises:
        NothingYet: if the exercise is still the stub.
        CheckFailed: with a message that says what is wrong.
        CheckAborted: if an observation could not be made.
    """
    watched = watch(learner)
    judge([observe(probe, watched, case) for case in cases], right, slips, secret)
    if probe.is_long:
        return
    watched._use_again()
    again = [observe(probe, watched, case) for case in reversed(cases)]
    try:
        judge(again, list(reversed(right)), (), secret)
    except CheckFailed as failure:
        failure.args = (f"{AGAIN} {failure}",)
        raise
