"""The released checkpoint without its numbers, and the solutions' DETR class to load it into."""

import pytest
import torch

from autograder.authoring.sources import code_cells
from autograder.hidden.reference import define
from autograder.tests.detrlab.released.released_shapes import released_shapes


@pytest.fixture(scope="package")
def checkpoint():
    """Make a state dict of the checkpoint's names and shapes, every entry another number."""
    return {
        name: torch.full(shape, 0.5 + number / 1000)
        for number, (name, shape) in enumerate(released_shapes().items())
    }


@pytest.fixture(scope="package")
def detr_class():
    """Return our DETR on the solutions of the earlier steps, and not on stand-ins."""
    return define("detr", resolver=code_cells)
