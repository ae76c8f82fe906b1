"""Cases of notebook 04: small models, different weights in every layer.

The first case has as many queries as tokens: an answer that confuses the two runs, and the check can name
the mistake. In the second case the numbers differ, so that it fails.
"""

from collections.abc import Iterator
from typing import Any

import torch

from autograder.hidden.cases import Reference, cases_of_reference, draw_rate, draw_weights, normal
from detrlab.checks.probing import Case

# batch, queries, tokens, d_model, n_heads, dim_ff
SIZES = ((1, 6, 6, 8, 2, 12), (3, 5, 7, 12, 3, 20))
SPREAD = 2.0  # of tgt: where a query hardly varies, the eps of a LayerNorm would count
STACKS = ((1, SIZES[0]), (3, SIZES[1]), *[(2, (2, 5, 5, 8, 2, 12))] * 2)  # number of layers, size


@cases_of_reference
def decoder_layer(generator: torch.Generator, reference: Reference) -> Iterator[Case]:
    """Draw cases for layers of two sizes, the first twice."""
    for size in (*SIZES, SIZES[0]):
        yield draw_case(reference("decoder_layer"), generator, size, {})


@cases_of_reference
def decoder(generator: torch.Generator, reference: Reference) -> Iterator[Case]:
    """Draw cases for stacks of one, two and three layers; once there are as many queries as tokens."""
    for n_layers, size in STACKS:
        yield draw_case(reference("decoder"), generator, size, {"n_layers": n_layers})


def draw_case(reference: Any, generator: torch.Generator, size: tuple[int, ...], config: dict) -> Case:
    """Draw weights and inputs for a layer or a stack; tgt is not zero, so that it affects the outputs.

    Args:
        reference: the class.
        generator: the source of randomness.
        size: one of SIZES.
        config: further arguments of the class.

    Returns:
        a case with tgt and query_pos [B, N, d], memory and pos [B, L, d].
    """
    batch, queries, tokens, d_model, n_heads, dim_ff = size
    config = config | {"d_model": d_model, "n_heads": n_heads, "dim_ff": dim_ff}
    config |= {"dropout": draw_rate(generator)}
    return {
        "config": config,
        "weights": draw_weights(generator, reference, config),
        "tgt": SPREAD * normal(generator, batch, queries, d_model),
        "memory": normal(generator, batch, tokens, d_model),
        "pos": normal(generator, batch, tokens, d_model),
        "query_pos": normal(generator, batch, queries, d_model),
    }
