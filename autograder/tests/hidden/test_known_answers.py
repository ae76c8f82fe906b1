"""Every known answer gets the verdict it deserves: solutions, stubs, slips and alternatives.

The hidden checks see slips in test_judge.py, through the box.
"""

from collections import Counter

import pytest
import torch

from autograder.authoring.exercises import exercises_of
from autograder.authoring.known_answers import alternatives, known_answers, slips
from autograder.authoring.sources import all_steps
from autograder.hidden.known_verdicts import answer, hidden_verdict, visible_verdict

torch.set_num_threads(1)
# An exercise's answers go to one process, which finds out once what is right.
EVERY = [
    pytest.param(
        step, known, id=f"{known.exercise}-{known.name}", marks=pytest.mark.xdist_group(known.exercise)
    )
    for step in all_steps()
    for known in known_answers(step)
]


@pytest.mark.parametrize(("step", "known"), EVERY)
def test_known_answer_gets_its_verdict(step, known):
    exercise, expected = known.exercise, known.expected
    symbol = {e.name: e.symbol for e in exercises_of(step)}[exercise]
    learner = answer(known.cells, step, symbol)
    wanted = f"○ {exercise}: nothing here yet" if expected == "○" else expected
    assert visible_verdict(exercise, learner) == wanted
    if not expected.startswith("✗"):
        wanted = "○ nothing here yet" if expected == "○" else expected
        assert hidden_verdict(exercise, learner, seed=7) == wanted


@pytest.mark.parametrize("step", all_steps())
def test_enough_slips_and_alternatives(step):
    todos = [exercise.name for exercise in exercises_of(step)]
    wrong = Counter(slip.exercise for slip in slips(step))
    right = Counter(grade_id for _, grade_id, _ in alternatives(step))
    assert set(wrong) | set(right) <= set(todos), "a slip or an alternative of no exercise"
    for todo in todos:
        assert wrong[todo] >= 6
        assert right[todo] >= 3


@pytest.mark.parametrize("step", all_steps())
def test_slips_are_named_once(step):
    rows = slips(step)
    assert len({(slip.exercise, slip.id) for slip in rows}) == len(rows)
    assert len({(slip.exercise, slip.message) for slip in rows}) == len(rows)
