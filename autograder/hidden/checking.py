"""Run a hidden check: put an object through drawn cases, and compare with what the reference does there.

The probes are those of the visible checks (detrlab/checks/probes). The learner's object may be a class, a
function, or a proxy of one that lives in another process (autograder/sandbox/remote.py).
"""

import functools
import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

from autograder.authoring.exercises import step_of
from autograder.authoring.known_answers import KnownSlip, slips
from autograder.hidden.cases import draw_cases
from autograder.hidden.reference import define, reference
from detrlab.checks.comparing import Slip, judge
from detrlab.checks.observing import Outcome, observe
from detrlab.checks.probing import Case, find


def observe_all(exercise: str, learner: Any, drawn: list[Case]) -> list[Outcome]:
    """Put an object through every case."""
    return [observe(find(exercise), learner, case) for case in drawn]


class SlipOutcomes(Sequence[Outcome]):
    """What a known slip does in each case, found out when it is asked for, and once."""

    def __init__(self, exercise: str, slip: KnownSlip, drawn: list[Case], isolated: bool):
        self.exercise, self.drawn = exercise, drawn
        self.learner = define(exercise, slip, isolated)
        self.known: dict[int, Outcome] = {}

    def __len__(self) -> int:
        return len(self.drawn)

    def __getitem__(self, number: Any) -> Any:
        if number not in self.known:
            self.known[number] = observe(find(self.exercise), self.learner, self.drawn[number])
        return self.known[number]


def known_slips(exercise: str, drawn: list[Case], isolated: bool = False) -> list[Slip]:
    """Return the known slips of an exercise, ready to be put through these cases."""
    step, _ = step_of(exercise)
    return [
        Slip(slip.id, slip.message, SlipOutcomes(exercise, slip, drawn, isolated))
        for slip in slips(step)
        if slip.exercise == exercise
    ]


@functools.lru_cache(maxsize=64)
def trial(exercise: str, seed: int, isolated: bool) -> tuple[list[Case], list[Outcome], list[Slip]]:
    """Return the cases of a seed, what is right in them and the slips: the same for a whole class."""
    # Hashed: who searches for the seed behind some drawn numbers does not find the secret one.
    mixed = hashlib.sha256(f"{exercise} {seed}".encode()).digest()
    in_force = functools.partial(reference, isolated=isolated)
    drawn = draw_cases(exercise, int.from_bytes(mixed[:7], "big"), in_force)
    right = observe_all(exercise, in_force(exercise), drawn)
    return drawn, right, known_slips(exercise, drawn, isolated)


def check(exercise: str, learner: Any, seed: int | None = None, isolated: bool = False) -> None:
    """Run one hidden check.

    Args:
        exercise: its name, like "encoder_layer".
        learner: the object that is checked.
        seed: draws the inputs; a secret one where none is given.
        isolated: whether the learner's object is built on stand-ins for the step's other exercises, as
            in grading; what is right is then built on them too.

    Raises:
        CheckFailed: with one message where the answer is wrong. It tells no numbers: a later submission
            meets the same inputs.
    """
    seed = secrets.randbits(128) if seed is None else seed
    drawn, right, known = trial(exercise, seed, isolated)
    judge(observe_all(exercise, learner, drawn), right, known, secret=True)
