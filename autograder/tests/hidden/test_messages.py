"""What a hidden check says does not depend on what was drawn for it, so nothing follows from it.

Every observation of every exercise is made wrong in ways that do not depend on the seed either, and the
messages of two seeds are compared.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from autograder.authoring.exercises import exercises_of
from autograder.authoring.sources import all_steps
from autograder.hidden.checking import ReferenceTrial, reference_trial
from autograder.workspace.secret_seed import derive
from detrlab.checks.comparing import is_public, same
from detrlab.checks.errors import CheckFailed
from detrlab.checks.observing import Outcome
from detrlab.checks.recognising import judge

torch.set_num_threads(1)
EXERCISES = [exercise.name for step in all_steps() for exercise in exercises_of(step)]
# Whose trials take seconds.
LONG = {"detr", "train_detr", "backbone", "predict_and_visualize"}


def wrong_values(right: Any) -> Iterator[Any]:
    """Yield values that are wrong whatever is right, of the same form and of others."""
    yield from ("something else", None, torch.zeros(1, 2, 3), [], 10**6, 0.123456)
    if torch.is_tensor(right):
        whole = torch.zeros(right.shape, dtype=right.dtype)
        yield from (whole, whole.double() + 7, (whole + 9).to(right.dtype))
        if right.is_floating_point() and right.numel():
            yield from (
                -right,
                0.5 * right,
                right + 0.25,
                torch.full_like(right, torch.nan),
            )
            nearly = right.clone()
            nearly.view(-1)[0] += 1 + nearly.abs().max()
            yield nearly


def message(trial: ReferenceTrial, number: int, what: str, wrong: Any) -> str:
    """Return what the check says where one value is wrong; empty if this one is right by chance."""
    right = trial.right[number].values
    if same(wrong, right[what]):
        return ""
    mine = list(trial.right)
    mine[number] = Outcome(right | {what: wrong})
    try:
        judge(mine, trial.right, (), trial.public)
    except CheckFailed as failure:
        return "\n".join(failure.lines())
    raise AssertionError("a wrong value passes")


@pytest.mark.slow
@pytest.mark.parametrize(
    "exercise", [pytest.param(name, marks=[pytest.mark.audit] * (name in LONG)) for name in EXERCISES]
)
def test_message_of_a_hidden_check_is_the_same_for_every_seed(exercise):
    """Also of an error whose text has numbers of the inputs."""
    seeds = [derive(secret, "test of messages", exercise) for secret in (1, 2)]
    first, second = (reference_trial(exercise, seed, False) for seed in seeds)
    assert len(first.right) == len(first.public), "the notebook's check has the same cases"
    compared = 0
    for number, outcomes in enumerate(zip(first.right, second.right, strict=True)):
        for (what, one), (other_what, other) in zip(*(o.values.items() for o in outcomes), strict=True):
            if what != other_what:
                continue  # it names a rate that is drawn, which the learner's code is given
            public = first.public[number]
            if is_public(what, one, public) != is_public(other_what, other, public):
                assert exercise == "positional_encoding", "only the sides of its maps are drawn"
                continue
            pairs = zip(wrong_values(one), wrong_values(other), strict=True)
            for wrong, other_wrong in pairs:
                told = message(first, number, what, wrong)
                other_told = message(second, number, other_what, other_wrong)
                if torch.is_tensor(one) and one.numel() < 10:  # of few, any relation may hold by chance
                    told, other_told = told.partition(" Only ")[0], other_told.partition(" Only ")[0]
                if told and other_told:
                    assert told == other_told
                    compared += 1
    assert compared > 10
