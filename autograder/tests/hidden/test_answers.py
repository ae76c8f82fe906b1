"""Every known answer gets the verdict it deserves: solutions, stubs, slips and alternatives.

The hidden checks see slips in test_judge.py, through the box.
"""

from collections import Counter

import pytest
import torch

from autograder.authoring import build, slips
from autograder.hidden.verdicts import answer, answers, hidden_verdict, visible_verdict

torch.set_num_threads(1)
# An exercise's answers go to one process, which finds out once what is right.
EVERY = [
    pytest.param(
        step, exercise, expected, cells, id=f"{exercise}-{kind}", marks=pytest.mark.xdist_group(exercise)
    )
    for step in build.steps()
    for kind, exercise, expected, cells in answers(step)
]


@pytest.mark.parametrize(("step", "exercise", "expected", "cells"), EVERY)
def test_answer(step, exercise, expected, cells):
    symbol = {e.name: e.symbol for e in build.exercises(step)}[exercise]
    learner = answer(cells, step, symbol)
    wanted = f"○ {exercise}: nothing here yet" if expected == "○" else expected
    assert visible_verdict(exercise, learner) == wanted
    if not expected.startswith("✗"):
        wanted = "○ nothing here yet" if expected == "○" else expected
        assert hidden_verdict(exercise, learner, seed=7) == wanted


@pytest.mark.parametrize("step", build.steps())
def test_enough_slips_and_alternatives(step):
    todos = [exercise.name for exercise in build.exercises(step)]
    wrong = Counter(slip.grade_id for slip in slips.slips(step))
    right = Counter(grade_id for _, grade_id, _ in slips.alternatives(step))
    assert set(wrong) | set(right) <= set(todos), "a slip or an alternative of no exercise"
    for todo in todos:
        assert wrong[todo] >= 6
        assert right[todo] >= 3


@pytest.mark.parametrize("step", build.steps())
def test_slips_are_named_once(step):
    rows = slips.slips(step)
    assert len({(slip.grade_id, slip.id) for slip in rows}) == len(rows)
    assert len({(slip.grade_id, slip.says) for slip in rows}) == len(rows)
