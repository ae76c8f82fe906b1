"""Cases of notebook 01: values of the small backbone and of a ResNet-18, shapes of a ResNet-50.

The probe draws the weights from a seed: those of a ResNet are too large for a fixture.
"""

from collections.abc import Iterator

import torch

from autograder.hidden.cases import cases, normal
from detrlab.checks.probing import Case

# name, d_model, shape of the images [B, 3, H, W]
WITH_VALUES = (("tiny", 12, (1, 3, 65, 33)), ("resnet18", 8, (3, 3, 33, 40)))
SHAPES_ONLY = ("resnet50", 10, (1, 3, 35, 20))


@cases
def backbone(generator: torch.Generator) -> Iterator[Case]:
    """Draw images [B, 3, H, W] of uneven sizes, and seeds for the weights."""
    for name, d_model, size in WITH_VALUES:
        yield {
            "config": {"d_model": d_model, "name": name},
            "seed": int(torch.randint(2**31, (), generator=generator)),
            "images": normal(generator, *size),
        }
    name, d_model, size = SHAPES_ONLY
    yield {"config": {"d_model": d_model, "name": name}, "images": normal(generator, *size)}
