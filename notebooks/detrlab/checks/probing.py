"""Probes: how each exercise is run, one probe per exercise.

A probe runs the learner's function or class on one *case* (a dict of inputs) and yields what it
observes: a few named values. It holds no answer. The same probe serves the check in the notebook
(observations are compared with the numbers in data/checks), the hidden check (with the solution's, on
new inputs) and the known slips (with what each slip does).
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from detrlab.checks import probes

Case = dict[str, Any]
# (what, value) or (what, value, advice). `what` names the value in the message if it is wrong.
Observation = tuple[str, Any] | tuple[str, Any, str]


@dataclass(frozen=True)
class Probe:
    """A generator function that takes a learner's object and a case, and how to draw a wrong value."""

    observe: Callable[[Any, Case], Iterator[Observation]]
    draw: str | None = None  # "terms" for single numbers, or a kind of detrlab.draw.compare_panels


PROBES: dict[str, Probe] = {}
CUT = (
    "The outputs are right, and the gradient is not: a part of it is cut off (by a detach, a no_grad or "
    ".data), or a step on the way has another derivative than it should."
)


def gradient_at(start: Tensor, output: Tensor) -> Tensor:
    """Return the gradient, at a leaf, of the sum of an output's squares; zeros if none reaches it.

    The learner's code should be given a clone of the leaf, so that in-place changes of an argument go
    unnoticed, as they do inside a model.

    Args:
        start: the leaf, [...] of any shape.
        output: [...] of any shape, computed from it.

    Returns:
        The gradient, [...] of the shape of `start`.
    """
    if not output.requires_grad:
        return torch.zeros_like(start)
    return torch.autograd.grad(output.square().sum(), start, retain_graph=True, materialize_grads=True)[0]


def probe(draw: str | None = None) -> Callable:
    """Register the decorated generator function as the probe of the exercise of the same name."""

    def register(observe: Callable) -> Callable:
        PROBES[observe.__name__] = Probe(observe, draw)
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
