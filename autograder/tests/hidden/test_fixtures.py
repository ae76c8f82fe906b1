"""The committed numbers of the visible checks are those that the sources give."""

import dataclasses

import pytest

from autograder.authoring.exercises import exercises_of, step_of
from autograder.authoring.known_answers import slips
from autograder.authoring.markers import SourceError
from autograder.authoring.sources import all_steps
from autograder.hidden.cases import draw_cases
from autograder.hidden.checking import observe_all
from autograder.hidden.fixtures import VISIBLE_SEED, fixture
from autograder.hidden.reference import reference
from detrlab.check import FIXTURES
from detrlab.checks import codec
from detrlab.checks.comparing import agree
from detrlab.checks.observing import Outcome

# As in test_known_verdicts.py: one process computes once what is right for an exercise.
EXERCISES = [
    pytest.param(exercise.name, id=exercise.name, marks=pytest.mark.xdist_group(exercise.name))
    for step in all_steps()
    for exercise in exercises_of(step)
]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_fixture_holds_the_right_outcomes_and_the_messages_of_slips(exercise):
    """That a visible check recognises each slip is tested in test_known_verdicts.py."""
    committed = codec.read(FIXTURES / f"{exercise}.safetensors")
    step, _ = step_of(exercise)
    messages = [slip.message for slip in slips(step) if slip.exercise == exercise]
    assert [slip["says"] for slip in committed["slips"]] == messages
    cases = draw_cases(exercise, VISIBLE_SEED, reference)
    fresh = observe_all(exercise, reference(exercise), cases)
    for committed_outcome, fresh_outcome in zip(committed["right"], fresh, strict=True):
        assert agree(Outcome.from_data(committed_outcome), fresh_outcome), "run `make notebooks`"


@pytest.mark.parametrize("exercise", EXERCISES)
def test_what_is_right_for_one_seed_is_wrong_for_another(exercise):
    """So nothing can be known by heart: a value that is compared depends on numbers that are drawn."""
    first, second = (
        observe_all(exercise, reference(exercise), draw_cases(exercise, seed, reference))
        for seed in (1, 2)
    )
    assert not all(map(agree, first, second))


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES)
def test_fixture_agrees_with_a_fresh_one(exercise):
    fresh = fixture(exercise)
    committed = codec.read(FIXTURES / f"{exercise}.safetensors")
    pairs = [*zip(committed["right"], fresh["right"], strict=True)]
    for committed_slip, fresh_slip in zip(committed["slips"], fresh["slips"], strict=True):
        pairs += zip(committed_slip["outcomes"], fresh_slip["outcomes"], strict=True)
    for committed_outcome, fresh_outcome in pairs:
        outcomes = Outcome.from_data(committed_outcome), Outcome.from_data(fresh_outcome)
        assert agree(*outcomes), "run `make notebooks`"


def test_two_rows_that_no_case_tells_apart_are_refused(monkeypatch):
    twins = [slip for slip in slips("02_positional_encoding") if slip.id == "only-sines"]
    twins += [dataclasses.replace(twins[0], id="twin", message="Another message.")]
    monkeypatch.setattr("autograder.hidden.checking.slips", lambda _: twins)
    with pytest.raises(
        SourceError, match="no case tells slip 'only-sines' from another: join their rows"
    ):
        fixture("sine_1d")
