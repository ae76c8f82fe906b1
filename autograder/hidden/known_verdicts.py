"""The verdicts of the visible and the hidden check on known answers, in this process."""

from collections.abc import Callable
from typing import Any

import torch

from autograder.authoring.exercises import exercises_of
from autograder.authoring.known_answers import KnownAnswer, known_answers
from autograder.hidden import checking
from autograder.hidden.fixtures import fixture
from detrlab.cells.cell import Cell
from detrlab.cells.running import execute
from detrlab.check import FIXTURES
from detrlab.check import check as visible_check
from detrlab.checks import codec
from detrlab.checks.errors import CheckFailed
from detrlab.checks.recognising import HEDGE
from detrlab.steps import nothing_written


def answer(cells: list[Cell], step: str, symbol: str) -> Any:
    """Return what cells of a step define under the name that its check is given.

    Raises:
        AssertionError: if they do not define it.
    """
    module = execute(cells, step, nothing_written)
    if symbol not in vars(module):
        raise AssertionError(f"{step}: no {symbol}; failures: {vars(module)['__failures__']}")
    return vars(module)[symbol]


def verdict(check: Callable[[], None]) -> str:
    """Run a check; return "✓" or the message that the learner sees."""
    try:
        check()
    except CheckFailed as failure:
        return f"{failure.mark} {failure}"
    return "✓"


def visible_verdict(exercise: str, learner: Any) -> str:
    """Return the verdict of the visible check."""
    return verdict(lambda: visible_check(exercise, learner))


def hidden_verdict(exercise: str, learner: Any, seed: int) -> str:
    """Return the verdict of the hidden check on inputs drawn from `seed`."""
    return verdict(lambda: checking.check(exercise, learner, seed))


def print_verdicts(step: str) -> int:
    """Write a step's fixtures, then print the verdicts of both checks on every known answer to it.

    Returns:
        the number of answers with an unexpected verdict.
    """
    torch.set_num_threads(1)
    symbols = {exercise.name: exercise.symbol for exercise in exercises_of(step)}
    for name in symbols:
        path = FIXTURES / f"{name}.safetensors"
        codec.write(path, fixture(name))
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} KB")
    wrong = 0
    for known in known_answers(step):
        learner = answer(known.cells, step, symbols[known.exercise])
        visible = visible_verdict(known.exercise, learner)
        hidden = hidden_verdict(known.exercise, learner, seed=1)
        is_right = all(is_expected(line, known) for line in (visible, hidden))
        wrong += not is_right
        print(f"{'ok ' if is_right else 'BAD'} {known.exercise} / {known.name}")
        if not is_right:
            print(f"      expected {known.expected}\n      visible  {visible}\n      hidden   {hidden}")
    return wrong


def is_expected(line: str, known: KnownAnswer) -> bool:
    """Return whether a verdict is the expected one.

    For a stub, only the sign counts; the message of a variant may be hedged.
    """
    if known.variant and line.endswith(f" {HEDGE} {known.expected.removeprefix('✗ ')}"):
        return True
    return line == known.expected or (known.expected == "○" and line.startswith("○"))
