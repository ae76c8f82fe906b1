"""The hidden checks: `hidden.encoder_layer(TransformerEncoderLayer)` on inputs drawn anew.

Each module here draws the cases of one step's exercises from a seeded generator; the probes that put
an answer through them are the ones of the visible checks (detrlab/probes). What is right is what the
reference, the solution in solutions/week1, does in the same cases. The learner's object may be a class,
a function, or a proxy of one that lives in another process (autograder/sandbox/proxy.py).
"""

import functools
import hashlib
import importlib
import pkgutil
import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from autograder.authoring import build
from autograder.authoring.slips import KnownSlip, slips
from detrlab import steps
from detrlab.checks.alone import isolate
from detrlab.checks.judging import Slip, judge
from detrlab.checks.outcome import Outcome, observe
from detrlab.checks.probes import Case, find
from detrlab.checks.weights import Weights

CASES: dict[str, Callable[[torch.Generator], Iterator[Case]]] = {}


def cases(draw: Callable) -> Callable:
    """Register the decorated generator function: from a torch.Generator, the cases of an exercise."""
    CASES[draw.__name__] = draw
    return draw


def draw_cases(exercise: str, seed: int) -> list[Case]:
    """Draw the cases of an exercise. AttributeError where there are none."""
    week1 = importlib.import_module(f"{__name__}.week1")
    for module in pkgutil.iter_modules(week1.__path__):
        importlib.import_module(f"{week1.__name__}.{module.name}")
    if exercise not in CASES:
        raise AttributeError(f"No cases are drawn for {exercise!r} in autograder/hidden.")
    return list(CASES[exercise](torch.Generator().manual_seed(seed)))


@functools.cache
def step_of(exercise: str) -> tuple[str, str]:
    """Find the step that an exercise belongs to, and the name that the learner defines."""
    for step in build.steps():
        for found in build.exercises(step):
            if found.name == exercise:
                return step, found.symbol
    raise AttributeError(f"No step has a cell tests={exercise!r}.")


def define(exercise: str, slip: KnownSlip | None = None) -> Any:
    """Define an exercise's object as solutions/week1 does, or as a slip would.

    While only stand-ins are in force, the step's other exercises are stand-ins too.
    """
    step, symbol = step_of(exercise)
    cells = build.code_cells(step)
    cells = slip.apply(cells) if slip else cells
    if steps.notebooks is not None:
        cells = isolate(cells, step, exercise)
    return vars(steps.execute(cells, step))[symbol]


def reference(exercise: str) -> Any:
    """Return the reference's object of an exercise."""
    return cached_reference(exercise, steps.notebooks is not None)


@functools.cache
def cached_reference(exercise: str, stand_ins_only: bool) -> Any:
    """Define the reference once for each kind of neighbours."""
    return define(exercise)


def normal(generator: torch.Generator, *shape: int) -> torch.Tensor:
    """Draw a tensor of this shape from the standard normal distribution."""
    return torch.randn(shape, generator=generator)


def draw_weights(generator: torch.Generator, exercise: str, config: dict) -> Weights:
    """Draw every parameter of the reference built with `config`, biases and norms too.

    Nothing stays zero or one, so that no default can hide a fault.
    """
    return {
        name: normal(generator, *tensor.shape) / tensor[0].numel() ** 0.5
        if tensor.dim() > 1
        else 0.5 + 0.5 * normal(generator, *tensor.shape)
        for name, tensor in reference(exercise)(**config).state_dict().items()
    }


def observe_all(exercise: str, learner: Any, drawn: list[Case]) -> list[Outcome]:
    """Put an object through every case."""
    return [observe(find(exercise), learner, case) for case in drawn]


class SlipOutcomes(Sequence[Outcome]):
    """What a known slip does in each case, found out when somebody asks, and once."""

    def __init__(self, exercise: str, slip: KnownSlip, drawn: list[Case]):
        self.exercise, self.drawn = exercise, drawn
        self.learner = define(exercise, slip)
        self.known: dict[int, Outcome] = {}

    def __len__(self) -> int:
        return len(self.drawn)

    def __getitem__(self, number: Any) -> Any:
        if number not in self.known:
            self.known[number] = observe(find(self.exercise), self.learner, self.drawn[number])
        return self.known[number]


def known_slips(exercise: str, drawn: list[Case]) -> list[Slip]:
    """Return the known slips of an exercise, ready to be put through these cases."""
    step, _ = step_of(exercise)
    return [
        Slip(slip.id, slip.says, SlipOutcomes(exercise, slip, drawn))
        for slip in slips(step)
        if slip.grade_id == exercise
    ]


@functools.lru_cache(maxsize=64)
def trial(exercise: str, seed: int, stand_ins_only: bool) -> tuple[list[Case], list[Outcome], list[Slip]]:
    """Return the cases of a seed, what is right in them and the slips: the same for a whole class."""
    # Hashed: who searches for the seed behind some numbers that were drawn does not find the secret.
    mixed = hashlib.sha256(f"{exercise} {seed}".encode()).digest()
    drawn = draw_cases(exercise, int.from_bytes(mixed[:7], "big"))
    right = observe_all(exercise, reference(exercise), drawn)
    return drawn, right, known_slips(exercise, drawn)


def check(exercise: str, learner: Any, seed: int | None = None) -> None:
    """Run one hidden check; raise CheckFailed with one sentence where the answer is wrong.

    The sentence tells no numbers: a later submission meets the same inputs.
    Without a `seed` the inputs are drawn from a secret one.
    """
    seed = secrets.randbits(128) if seed is None else seed
    drawn, right, known = trial(exercise, seed, steps.notebooks is not None)
    judge(observe_all(exercise, learner, drawn), right, known, secret=True)


def __getattr__(exercise: str) -> Callable[[Any], None]:
    if exercise.startswith("_"):
        raise AttributeError(exercise)
    return functools.partial(check, exercise)
