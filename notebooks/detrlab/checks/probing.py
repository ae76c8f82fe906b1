"""Probes: how each exercise is run, one probe per exercise.

A probe runs the learner's function or class on one *case* (a dict of inputs) and yields what it
observes: a few named values. It holds no answer. The same probe serves the check in the notebook
(observations are compared with the numbers in data/checks), the hidden check (with the solution's, on
new inputs) and the known slips (with what each slip does).
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from detrlab.checks import probes
from detrlab.checks.probes.reserved import RESERVED

Case = dict[str, Any]
# (what, value) or (what, value, advice). `what` names the value in the message if it is wrong.
Observation = tuple[str, Any] | tuple[str, Any, str]


@dataclass(frozen=True)
class Probe:
    """A generator function that takes a learner's object and a case, and how to draw a wrong value."""

    observe: Callable[[Any, Case], Iterator[Observation]]
    draw: str | None = None  # "terms" for single numbers, or a kind of detrlab.draw.compare_panels
    is_long: bool = False  # so it runs only once
    reserved: tuple[str, ...] = ()  # library code that does what the exercise asks for


PROBES: dict[str, Probe] = {}
CUT = (
    "The outputs are right, and the gradient is not: a part of it is cut off (by a detach, a no_grad or "
    ".data), or a step on the way has another derivative than it should."
)


def gradients_at(leaves: Sequence[Tensor], output: Tensor) -> list[Tensor]:
    """Return the gradients, at leaves, of the sum of an output's squares; zeros where none arrives.

    One backward pass, as in a training, and by `backward`: a graph may be walked through once only, and
    checkpointed code knows no other way. Another output needs another call of the learner's code.

    Args:
        leaves: tensors [...] of any shape.
        output: [...] of any shape, computed from them.

    Returns:
        The gradients, each [...] of the shape of its leaf.
    """
    for leaf in leaves:
        leaf.grad = None
    if output.requires_grad:
        output.square().sum().backward()
    return [torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for leaf in leaves]


def gradient_at(leaf: Tensor, output: Tensor) -> Tensor:
    """Return the gradient [...] at one leaf, as `gradients_at`."""
    return gradients_at([leaf], output)[0]


def probe(draw: str | None = None, is_long: bool = False) -> Callable:
    """Register the decorated generator function as the probe of the exercise of the same name."""

    def register(observe: Callable) -> Callable:
        reserved = RESERVED.get(observe.__name__, ())
        PROBES[observe.__name__] = Probe(observe, draw, is_long, reserved)
        return observe

    return register


def find(exercise: str) -> Probe:
    """Return the probe of an exercise; raise AttributeError, naming those that exist, if it has none."""
    for module in pkgutil.walk_packages(probes.__path__, f"{probes.__name__}."):
        importlib.import_module(module.name)
    if exercise not in PROBES:
        names = ", ".join(sorted(PROBES))
        raise AttributeError(f'There is no check named "{exercise}"; there are: {names}.')
    return PROBES[exercise]
