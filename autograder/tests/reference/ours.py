"""Get what is tested: the solutions, each built on the other solutions, and our names of weights.

The tests of this folder know the course through this module alone.
"""

import functools
from typing import Any

import torch

from autograder.authoring.sources import code_cells
from autograder.hidden.reference import define
from detrlab import released


@functools.cache
def solution(exercise: str) -> Any:
    """Return an exercise's class or function, as solutions/week1 defines it; no stand-in takes part."""
    return define(exercise, resolver=code_cells)


def our_names(entries: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Rename weights or gradients of the paper's DETR into those of our DETR."""
    return {released.our_name(name): value for name, value in entries.items()}
