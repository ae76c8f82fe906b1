"""Cases of notebook 01: the small backbone and a ResNet-18 in numbers, a ResNet-50 in shapes only.

Weights are drawn by the probe from a seed: a ResNet's would not fit into a file.
"""

from collections.abc import Iterator

import torch

from autograder.hidden.cases import cases, normal
from detrlab.checks.probing import Case

# name, d_model, image size
NUMBERS = (("tiny", 12, (1, 3, 65, 33)), ("resnet18", 8, (3, 3, 33, 40)))
SHAPES = ("resnet50", 10, (1, 3, 35, 20))


@cases
def backbone(generator: torch.Generator) -> Iterator[Case]:
    """Draw images of odd sizes, and seeds for the weights."""
    for name, d_model, size in NUMBERS:
        yield {
            "config": {"d_model": d_model, "name": name},
            "seed": int(torch.randint(2**31, (), generator=generator)),
            "images": normal(generator, *size),
        }
    name, d_model, size = SHAPES
    yield {"config": {"d_model": d_model, "name": name}, "images": normal(generator, *size)}
