"""Run a hidden check: observe an object in drawn cases, and compare with the reference's outcomes.

The probes are those of the visible checks (detrlab/checks/probes). The learner's object may be a class, a
function, or a proxy of one in another process (autograder/sandbox/remote.py).
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
from detrlab.checks.examining import examine
from detrlab.checks.observing import Outcome, observe, watch
from detrlab.checks.probing import Case, find
from detrlab.checks.recognising import Slip


def observe_all(exercise: str, learner: Any, drawn: list[Case]) -> list[Outcome]:
    """Observe an object in every case with the probe of its exercise."""
    probe = find(exercise)
    watched = watch(learner, probe.reserved)
    return [observe(probe, watched, case) for case in drawn]


class SlipOutcomes(Sequence[Outcome]):
    """The outcomes of a known slip, one for each case, each computed when it is first needed."""

    def __init__(self, exercise: str, slip: KnownSlip, drawn: list[Case], isolated: bool):
        self.exercise, self.drawn = exercise, drawn
        self.learner = define(exercise, slip, isolated)
        self.observed: dict[int, Outcome] = {}

    def __len__(self) -> int:
        return len(self.drawn)

    def __getitem__(self, number: Any) -> Any:
        if number not in self.observed:
            probe = find(self.exercise)
            watched = watch(self.learner, probe.reserved)  # anew, as it keeps the objects that it makes
            self.observed[number] = observe(probe, watched, self.drawn[number])
        return self.observed[number]


def known_slips(exercise: str, drawn: list[Case], isolated: bool = False) -> list[Slip]:
    """Return the known slips of an exercise with their outcomes in these cases."""
    step, _ = step_of(exercise)
    return [
        Slip(slip.id, slip.message, SlipOutcomes(exercise, slip, drawn, isolated))
        for slip in slips(step)
        if slip.exercise == exercise
    ]


@functools.lru_cache(maxsize=64)
def reference_trial(
    exercise: str, seed: int, isolated: bool
) -> tuple[list[Case], list[Outcome], list[Slip]]:
    """Return the cases of a seed, the reference's outcomes and the slips; cached, for a whole class."""
    # Hashed, so that the secret seed cannot be recovered from the drawn numbers.
    digest = hashlib.sha256(f"{exercise} {seed}".encode()).digest()
    reference_of = functools.partial(reference, isolated=isolated)
    drawn = draw_cases(exercise, int.from_bytes(digest[:7], "big"), reference_of)
    right = observe_all(exercise, reference_of(exercise), drawn)
    return drawn, right, known_slips(exercise, drawn, isolated)


def check(exercise: str, learner: Any, seed: int | None = None, isolated: bool = False) -> None:
    """Run one hidden check.

    Args:
        exercise: its name, like "encoder_layer".
        learner: the object that is checked.
        seed: draws the inputs; a secret one if none is given.
        isolated: whether the learner's object is built on stand-ins for the step's other exercises, as
            in grading; the reference is then built on them too.

    Raises:
        CheckFailed: if the answer is wrong. The message holds no numbers, since later submissions are
            checked on the same inputs.
        NothingYet: if the object is still the stub.
        AttributeError: if there is no such exercise.
    """
    seed = secrets.randbits(128) if seed is None else seed
    drawn, right, known = reference_trial(exercise, seed, isolated)
    examine(find(exercise), learner, drawn, right, known, secret=True)
