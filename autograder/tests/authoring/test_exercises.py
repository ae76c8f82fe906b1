"""Exercises are found by their names."""

from autograder.authoring.exercises import exercises_of, step_of
from autograder.authoring.sources import all_steps


def test_every_exercise_belongs_to_one_step():
    names = [exercise.name for step in all_steps() for exercise in exercises_of(step)]
    assert len(names) == len(set(names))
    assert {step_of(name)[0] for name in names} == {step for step in all_steps() if exercises_of(step)}
