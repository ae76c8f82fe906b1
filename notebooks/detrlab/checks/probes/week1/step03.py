"""Probes of notebook 03."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from detrlab.checks.probes.given import given
from detrlab.checks.probing import CUT, UNKNOWN, Case, Observation, gradient_at, probe
from detrlab.checks.weights import copy_weights

NUMB = (
    "At that rate nothing is left of the two halves: is dropout applied to what each half adds, "
    "before the sum, and at the rate that was given?"
)
DROPPED = (
    "(By the last dimension of what they belong to: attention weights, tokens, hidden numbers.) Dropout, "
    "at the rate that was given, acts inside each attention, after the ReLU, and on what each block adds."
)
CHANCE = "Do all layers get the dropout that was given? Nothing else may be left to chance."
HANDED_ON = "Every layer gets all the arguments that are not the stack's own, `dropout` among them."


def dropped(layer: Any, config: dict, *inputs: Tensor) -> Any:
    """Return how many numbers dropout acts on in a call of a layer, as `dropped_numbers`, or UNKNOWN."""
    layer.train()
    counts = given(layer, "dropped_numbers")(layer, config["dropout"], *inputs)
    return UNKNOWN if counts is None else counts


@probe(draw="tokens")
def encoder_layer(layer_class: Any, case: Case) -> Iterator[Observation]:
    """Run one layer with given weights on src [B, L, d], without and with pos, then in training mode."""
    layer = layer_class(**case["config"])
    copy_weights(layer, case["weights"])
    layer.eval()
    src, pos = case["src"].requires_grad_(), case["pos"]
    yield "the output with pos = 0", layer(src.clone(), torch.zeros_like(pos))
    zeros = torch.cat([src[:, :1].detach(), torch.zeros_like(src[:, 1:])], dim=1)
    with_zeros = layer(zeros, torch.zeros_like(pos))
    output = layer(src.clone(), pos)
    yield "the output", output, "With pos = 0 it is right."
    yield "the output where most tokens are 0", with_zeros, "With other tokens it is right."
    undropped = layer_class(**case["config"] | {"dropout": 0.0})
    copy_weights(undropped, case["weights"])
    yield (
        "the output in training mode with dropout = 0",
        undropped(src.clone(), pos),
        "In eval it is right.",
    )
    yield "the gradient that comes back to src", gradient_at(src, output), CUT
    all_dropped = layer_class(**case["config"] | {"dropout": 1.0})
    copy_weights(all_dropped, case["weights"])
    all_dropped.train()
    yield "the output in training mode with dropout = 1", all_dropped(src.clone(), pos), NUMB
    yield "the count of what dropout acts on", dropped(layer, case["config"], src.clone(), pos), DROPPED


@probe(draw="tokens")
def encoder(encoder_class: Any, case: Case) -> Iterator[Observation]:
    """Run the stack on src [B, L, d] with given weights, different ones in each layer."""
    stack = encoder_class(**case["config"])
    copy_weights(stack, case["weights"])
    stack.eval()
    src = case["src"].requires_grad_()
    output = stack(src.clone(), case["pos"])
    yield "the output", output
    counts = dropped(stack, case["config"], src.clone(), case["pos"])
    yield "the count of what dropout acts on", counts, HANDED_ON
    undropped = encoder_class(**case["config"] | {"dropout": 0.0})
    by_chance = given(encoder_class, "is_random")(undropped, src.clone(), case["pos"])
    yield (
        "the claim that in training mode with dropout = 0 something is left to chance",
        by_chance,
        CHANCE,
    )
    yield "the gradient that comes back to src", gradient_at(src, output), CUT
