"""How each exercise is tried out: one probe per exercise.

A probe puts the learner's function or class to work on one *case* (a dict of inputs) and yields what
it observes, a few values with a name each. It holds no answer. The same probe serves the check in
the notebook (observations compared with numbers in data/checks), the hidden check (compared with the
reference on new inputs) and the table of known slips (compared with what each slip does).
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
# (what, value) or (what, value, advice): the name is said to the learner when the value is wrong.
Observation = tuple[str, Any] | tuple[str, Any, str]


@dataclass(frozen=True)
class Probe:
    """A generator function of the learner's object and a case, and how to draw a wrong value."""

    observe: Callable[[Any, Case], Iterator[Observation]]
    draw: str | None = None  # "terms" for single numbers, or a kind of detrlab.draw.compare_panels


PROBES: dict[str, Probe] = {}
CUT = "The outputs are right: look for a detach, a no_grad or .data on the way."


def gradient_at(start: Tensor, output: Tensor) -> Tensor:
    """Return the gradient that comes back from an output to a leaf it was made from; 0 if none does.

    Hand out a clone of the leaf: who writes into an argument gets away with it, as in a whole model.
    """
    if not output.requires_grad:
        return torch.zeros_like(start)
    return torch.autograd.grad(output.square().sum(), start, retain_graph=True, materialize_grads=True)[0]


def probe(draw: str | None = None) -> Callable:
    """Register the decorated generator function as the probe of the exercise that it is named after."""

    def register(observe: Callable) -> Callable:
        PROBES[observe.__name__] = Probe(observe, draw)
        return observe

    return register


def find(exercise: str) -> Probe:
    """Return the probe of an exercise. AttributeError, naming those there are, where it is unknown."""
    for module in pkgutil.walk_packages(probes.__path__, f"{probes.__name__}."):
        importlib.import_module(module.name)
    if exercise not in PROBES:
        names = ", ".join(sorted(PROBES))
        raise AttributeError(f'There is no check named "{exercise}"; there are: {names}.')
    return PROBES[exercise]
