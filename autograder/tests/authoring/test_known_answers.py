"""Every exercise has enough known wrong answers and known right ones, each with its own message."""

from collections import Counter

import pytest

from autograder.authoring.exercises import exercises_of
from autograder.authoring.known_answers import alternatives, slips
from autograder.authoring.sources import all_steps


@pytest.mark.parametrize("step", all_steps())
def test_every_exercise_has_enough_slips_and_alternatives(step):
    exercises = [exercise.name for exercise in exercises_of(step)]
    wrong = Counter(slip.exercise for slip in slips(step))
    right = Counter(exercise for _, exercise, _ in alternatives(step))
    assert set(wrong) | set(right) <= set(exercises), "a slip or an alternative of no exercise"
    for exercise in exercises:
        assert wrong[exercise] >= 6
        assert right[exercise] >= 3


@pytest.mark.parametrize("step", all_steps())
def test_ids_and_messages_of_slips_are_unique(step):
    table = slips(step)
    assert len({(slip.exercise, slip.id) for slip in table}) == len(table)
    assert len({(slip.exercise, slip.message) for slip in table}) == len(table)
