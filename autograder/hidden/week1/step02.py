"""Cases of notebook 02: non-square maps, one cell, several images, no setting only at its default."""

from collections.abc import Iterator

import torch

from autograder.hidden.cases import cases, normal
from detrlab.checks.probing import Case


@cases
def sine_1d(generator: torch.Generator) -> Iterator[Case]:
    """Draw positions [L]: whole ones as in a map, fractions and negative ones, and a single one."""
    yield {"position": torch.arange(1, 6.0), "n_features": 8, "temperature": 10000.0}
    fractions = 4 * normal(generator, 4)
    yield {"position": fractions, "n_features": 6, "temperature": 20 + 100 * uniform(generator)}
    yield {"position": normal(generator, 1), "n_features": 2, "temperature": 10000.0}


@cases
def positional_encoding(generator: torch.Generator) -> Iterator[Case]:
    """Draw maps for the default settings, for others, with one cell, and without normalisation."""
    yield draw_case(generator, {"d_model": 8}, batch=3, channels=8) | {"impossible": [6, 7]}
    others = {"temperature": 20 + 100 * uniform(generator), "scale": 1 + uniform(generator)}
    yield draw_case(generator, {"d_model": 12} | others, batch=1, channels=5)
    yield {
        "config": {"d_model": 4},
        "x": normal(generator, 2, 3, 1, 1),
        "second": normal(generator, 1, 3, 1, 2).double(),
        "impossible": [],
    }
    yield draw_case(generator, {"d_model": 8, "normalize": False}, batch=2, channels=3)
    yield {  # as many cells in another shape, and a scale of 0, which is no missing one
        "config": {"d_model": 8},
        "x": normal(generator, 1, 3, 2, 6).relu(),  # as after a ReLU: what is 0 is a cell like others
        "second": normal(generator, 1, 3, 4, 3).double(),
        "impossible": [],
    }
    yield draw_case(generator, {"d_model": 8, "scale": 0.0}, batch=1, channels=3)


def draw_case(generator: torch.Generator, config: dict, batch: int, channels: int) -> Case:
    """Draw a case with two non-square maps.

    They are x [batch, channels, H', W'], with sides of 3 to 5 cells, and second [1, channels, 2, 3] in
    float64.
    """
    height, width = (3 + torch.randperm(3, generator=generator)[:2]).tolist()
    return {
        "config": config,
        "x": normal(generator, batch, channels, height, width),
        "second": normal(generator, 1, channels, 2, 3).double(),
        "impossible": [],
    }


def uniform(generator: torch.Generator) -> float:
    """Draw a number from the uniform distribution on [0, 1)."""
    return torch.rand((), generator=generator).item()
