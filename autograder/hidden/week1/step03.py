"""Cases of notebook 03: small models, odd numbers of tokens, different weights in every layer."""

from collections.abc import Iterator
from typing import Any

import torch

from autograder.hidden.cases import Reference, cases_of_reference, draw_rate, draw_weights, normal
from detrlab.checks.probing import Case

# batch, tokens, d_model, n_heads, dim_ff
SIZES = ((1, 5, 8, 2, 12), (3, 7, 16, 4, 20))
SPREAD = 2.0  # of the tokens: where a token hardly varies, the eps of a LayerNorm would count


@cases_of_reference
def encoder_layer(generator: torch.Generator, reference: Reference) -> Iterator[Case]:
    """Draw cases for layers of two sizes, the first twice."""
    for size in (*SIZES, SIZES[0]):
        yield draw_case(reference("encoder_layer"), generator, size, {})


@cases_of_reference
def encoder(generator: torch.Generator, reference: Reference) -> Iterator[Case]:
    """Draw cases for stacks of two and of three layers, the first twice."""
    for n_layers, size in ((2, SIZES[0]), (3, SIZES[1]), (2, SIZES[0])):
        yield draw_case(reference("encoder"), generator, size, {"n_layers": n_layers})


def draw_case(reference: Any, generator: torch.Generator, size: tuple[int, ...], config: dict) -> Case:
    """Draw weights and inputs for a layer or a stack.

    Args:
        reference: the class.
        generator: the source of randomness.
        size: one of SIZES.
        config: further arguments of the class.

    Returns:
        a case with src and pos [B, L, d].
    """
    batch, tokens, d_model, n_heads, dim_ff = size
    config = config | {"d_model": d_model, "n_heads": n_heads, "dim_ff": dim_ff}
    config |= {"dropout": draw_rate(generator)}
    return {
        "config": config,
        "weights": draw_weights(generator, reference, config),
        "src": SPREAD * normal(generator, batch, tokens, d_model),
        "pos": normal(generator, batch, tokens, d_model),
    }
