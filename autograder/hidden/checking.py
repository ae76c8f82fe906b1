"""Run a hidden check: observe an object in drawn cases, and compare with the reference's outcomes.

The probes are those of the visible checks (detrlab/checks/probes). The learner's object may be a class, a
function, or a proxy of one in another process (autograder/sandbox/remote.py).
"""

import functools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autograder.authoring.exercises import step_of
from autograder.authoring.known_answers import KnownSlip, slips
from autograder.hidden.cases import draw_cases
from autograder.hidden.reference import define, reference
from autograder.workspace.secret_seed import DerivedSeed, derive
from detrlab.check import read_fixture
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


@dataclass(frozen=True)
class ReferenceTrial:
    """What a hidden check compares with: computed once for a class.

    Attributes:
        drawn: the cases.
        right: the reference's outcome in each.
        public: the same of the check in the notebook, which every learner may read.
        slips: the known wrong answers, with their outcomes.
    """

    drawn: list[Case]
    right: list[Outcome]
    public: list[Outcome]
    slips: list[Slip]


@functools.lru_cache(maxsize=128)  # two draws of each exercise, with and without stand-ins, and more
def reference_trial(exercise: str, seed: DerivedSeed, isolated: bool) -> ReferenceTrial:
    """Return what a hidden check compares with where its cases are drawn from a seed; cached."""
    reference_of = functools.partial(reference, isolated=isolated)
    drawn = draw_cases(exercise, seed, reference_of)
    right = observe_all(exercise, reference_of(exercise), drawn)
    _, public, _ = read_fixture(exercise)
    return ReferenceTrial(drawn, right, public, known_slips(exercise, drawn, isolated))


def check(
    exercise: str, learner: Any, seed: int | None = None, draw: int = 0, isolated: bool = False
) -> None:
    """Run one hidden check.

    Args:
        exercise: its name, like "encoder_layer".
        learner: the object that is checked.
        seed: the course's, from which that of these inputs is derived; a new one if none is given.
        draw: the number of these inputs; another one draws others.
        isolated: whether the learner's object is built on stand-ins for the step's other exercises, as
            in grading; the reference is then built on them too.

    Raises:
        CheckFailed: if the answer is wrong. Of what is right, the message holds what the notebook's check
            tells too and nothing else, since later submissions are checked on the same inputs.
        NothingYet: if the object is still the stub.
        AttributeError: if there is no such exercise.
    """
    secret = secrets.randbits(128) if seed is None else seed
    trial = reference_trial(exercise, derive(secret, "cases of a hidden check", exercise, draw), isolated)
    examine(find(exercise), learner, trial.drawn, trial.right, trial.slips, trial.public)
