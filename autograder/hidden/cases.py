"""The cases of the hidden checks: which exercises have any, and how they are drawn from a seed.

A module of week1/ registers a function for each exercise of its step:

    @cases
    def box_cxcywh_to_xyxy(generator: torch.Generator) -> Iterator[Case]: ...

Where weights are drawn for something that is built of other exercises, their number depends on these, so
the function is also handed the reference that is in force:

    @cases_of_reference
    def encoder(generator: torch.Generator, reference: Reference) -> Iterator[Case]: ...
"""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import torch

from detrlab.checks.probing import Case
from detrlab.checks.weights import Weights

Reference = Callable[[str], Any]  # returns what is right for an exercise, with the neighbours in force
CASES: dict[str, Callable[[torch.Generator, Reference], Iterator[Case]]] = {}


def cases(draw: Callable[[torch.Generator], Iterator[Case]]) -> Callable:
    """Register the decorated generator function: from a torch.Generator, the cases of an exercise."""
    CASES[draw.__name__] = lambda generator, _: draw(generator)
    return draw


def cases_of_reference(draw: Callable[[torch.Generator, Reference], Iterator[Case]]) -> Callable:
    """Register a function as `cases` does; it is also handed the reference."""
    CASES[draw.__name__] = draw
    return draw


@functools.cache
def exercises_with_cases() -> frozenset[str]:
    """Name every exercise that has hidden cases; imports the modules that register them."""
    week1 = importlib.import_module("autograder.hidden.week1")
    for module in pkgutil.iter_modules(week1.__path__, f"{week1.__name__}."):
        importlib.import_module(module.name)
    return frozenset(CASES)


def draw_cases(exercise: str, seed: int, reference: Reference) -> list[Case]:
    """Draw the cases of an exercise. AttributeError where there are none."""
    if exercise not in exercises_with_cases():
        raise AttributeError(f"No cases are drawn for {exercise!r} in autograder/hidden.")
    return list(CASES[exercise](torch.Generator().manual_seed(seed), reference))


def normal(generator: torch.Generator, *shape: int) -> torch.Tensor:
    """Draw a tensor of this shape from the standard normal distribution."""
    return torch.randn(shape, generator=generator)


def draw_weights(generator: torch.Generator, reference: Any, config: dict) -> Weights:
    """Draw every parameter of a reference class built with `config`, biases and norms too.

    Nothing stays zero or one, so that no default can hide a fault.
    """
    return {
        name: normal(generator, *tensor.shape) / tensor[0].numel() ** 0.5
        if tensor.dim() > 1
        else 0.5 + 0.5 * normal(generator, *tensor.shape)
        for name, tensor in reference(**config).state_dict().items()
    }
