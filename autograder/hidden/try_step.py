"""Print what the checks say to all known answers: `python -m autograder.hidden.try_step STEP`."""

import sys

import torch

from autograder.authoring import build
from autograder.hidden.fixtures import fixture
from autograder.hidden.verdicts import answer, answers, hidden_verdict, visible_verdict
from detrlab.check import FIXTURES
from detrlab.checks import codec


def main(step: str) -> None:
    """Print what the checks say to every known answer of a step."""
    torch.set_num_threads(1)
    for one in build.exercises(step):
        path = FIXTURES / f"{one.name}.safetensors"
        codec.write(path, fixture(one.name))
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} KB")
    symbols = {exercise.name: exercise.symbol for exercise in build.exercises(step)}
    for kind, exercise, expected, cells in answers(step):
        learner = answer(cells, step, symbols[exercise])
        said = visible_verdict(exercise, learner), hidden_verdict(exercise, learner, seed=1)
        right = all(line == expected or (expected == "○" and line[0] == "○") for line in said)
        print(f"{'ok ' if right else 'BAD'} {exercise} / {kind}")
        if not right:
            print(f"      expected {expected}\n      visible  {said[0]}\n      hidden   {said[1]}")


if __name__ == "__main__":
    main(sys.argv[1])
