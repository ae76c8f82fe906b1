"""Every known answer gets its verdict: solutions, stubs, slips, their variants and alternatives.

Slips meet the hidden checks in judging/test_judge.py, where their code runs in a sandbox.
"""

import pytest
import torch

from autograder.authoring.exercises import exercises_of
from autograder.authoring.known_answers import known_answers
from autograder.authoring.sources import all_steps
from autograder.hidden.known_verdicts import answer, hidden_verdict, is_expected, visible_verdict

torch.set_num_threads(1)
# One variant of each slip is enough for `make test`.
TIERS: list[list[pytest.MarkDecorator]] = [[], [pytest.mark.slow], [pytest.mark.audit]]
# The answers to an exercise are checked in one process, which computes once what is right.
KNOWN_ANSWERS = [
    pytest.param(
        step,
        known,
        id=f"{known.exercise}-{known.name}",
        marks=[
            pytest.mark.xdist_group(known.exercise),
            *TIERS[min(known.variant, 2)],
        ],
    )
    for step in all_steps()
    for known in known_answers(step)
]


@pytest.mark.parametrize(("step", "known"), KNOWN_ANSWERS)
def test_known_answer_gets_its_verdict(step, known):
    exercise, expected = known.exercise, known.expected
    symbol = {e.name: e.symbol for e in exercises_of(step)}[exercise]
    learner = answer(known.cells, step, symbol)
    if known.variant:
        verdicts = visible_verdict(exercise, learner), hidden_verdict(exercise, learner, seed=7)
        assert [verdict for verdict in verdicts if not is_expected(verdict, known)] == []
        return
    visible = f"○ {exercise}: nothing here yet" if expected == "○" else expected
    assert visible_verdict(exercise, learner) == visible
    if not expected.startswith("✗"):
        hidden = "○ nothing here yet" if expected == "○" else expected
        assert hidden_verdict(exercise, learner, seed=7) == hidden
