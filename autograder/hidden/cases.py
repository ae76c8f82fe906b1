"""The registry of the cases of the hidden checks, and how they are drawn from a seed.

A module of week1/ registers a function for each exercise of its step:

    @cases
    def box_cxcywh_to_xyxy(generator: torch.Generator) -> Iterator[Case]: ...

A class that is built from other exercises has other weights where stand-ins take their place. A function
that draws weights is therefore also given the reference:

    @cases_of_reference
    def encoder(generator: torch.Generator, reference: Reference) -> Iterator[Case]: ...
"""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import torch

from autograder.workspace.secret_seed import DerivedSeed
from detrlab.checks.probing import Case
from detrlab.checks.weights import Weights

Reference = Callable[[str], Any]  # the reference's object of an exercise, by its name
CASES: dict[str, Callable[[torch.Generator, Reference], Iterator[Case]]] = {}


def cases(draw: Callable[[torch.Generator], Iterator[Case]]) -> Callable:
    """Register a generator function as the source of cases of the exercise that it is named after."""
    CASES[draw.__name__] = lambda generator, _: draw(generator)
    return draw


def cases_of_reference(draw: Callable[[torch.Generator, Reference], Iterator[Case]]) -> Callable:
    """Register a function as `cases` does; it is also given the reference."""
    CASES[draw.__name__] = draw
    return draw


@functools.cache
def exercises_with_cases() -> frozenset[str]:
    """Return the names of the exercises with hidden cases; import the modules that register them."""
    week1 = importlib.import_module("autograder.hidden.week1")
    for module in pkgutil.iter_modules(week1.__path__, f"{week1.__name__}."):
        importlib.import_module(module.name)
    return frozenset(CASES)


def draw_cases(exercise: str, seed: DerivedSeed, reference: Reference) -> list[Case]:
    """Draw the cases of an exercise.

    Args:
        exercise: its name.
        seed: the same seed draws the same cases, and only these.
        reference: for cases that depend on the reference's classes.

    Raises:
        AttributeError: if the exercise has no cases.
    """
    if exercise not in exercises_with_cases():
        raise AttributeError(f"No cases are drawn for {exercise!r} in autograder/hidden.")
    return list(CASES[exercise](torch.Generator().manual_seed(seed), reference))


def normal(generator: torch.Generator, *shape: int) -> torch.Tensor:
    """Draw a float32 tensor [*shape] from the standard normal distribution."""
    return torch.randn(shape, generator=generator)


def draw_rate(generator: torch.Generator) -> float:
    """Draw a rate of dropout: nobody's default, and such that some images show all that can happen."""
    return 0.4 + 0.1 * torch.rand((), generator=generator).item()


def draw_weights(generator: torch.Generator, reference: Any, config: dict) -> Weights:
    """Draw every parameter of a reference class, those of biases and norms too.

    No parameter keeps its initial 0 or 1, which could hide a mistake.

    Args:
        generator: the source of randomness.
        reference: the class.
        config: its arguments.

    Returns:
        a tensor for each name in the state dict, of the same shape.
    """
    return {
        name: normal(generator, *tensor.shape) / tensor[0].numel() ** 0.5
        if tensor.dim() > 1
        else 0.5 + 0.5 * normal(generator, *tensor.shape)
        for name, tensor in reference(**config).state_dict().items()
    }
