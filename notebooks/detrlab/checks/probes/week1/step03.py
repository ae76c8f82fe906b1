"""Probes of notebook 03."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from detrlab.checks.probes.dropout import (
    CHANCE,
    added,
    is_random,
    observe_layer,
    observe_stack,
    repeated,
)
from detrlab.checks.probing import CUT, Case, Observation, gradient_at, probe
from detrlab.checks.weights import Weights, copy_weights

NUMB = (
    "At that rate nothing is left of the two halves: is dropout applied to what each half adds, "
    "before the sum, and at the rate that was given?"
)


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
    places = repeated(pos)
    rate = case["config"]["dropout"]
    yield from observe_layer(layer, case["weights"], rate, lambda tokens: layer(tokens, places), src)


@probe(draw="tokens")
def encoder(encoder_class: Any, case: Case) -> Iterator[Observation]:
    """Run the stack on src [B, L, d] with given weights, different ones in each layer."""
    stack = encoder_class(**case["config"])
    copy_weights(stack, case["weights"])
    stack.eval()
    src = case["src"].requires_grad_()
    output = stack(src.clone(), case["pos"])
    yield "the output", output
    undropped = encoder_class(**case["config"] | {"dropout": 0.0})
    copy_weights(undropped, case["weights"])
    by_chance = is_random(undropped, src.detach(), case["pos"])
    yield (
        "the claim that in training mode with dropout = 0 something is left to chance",
        by_chance,
        CHANCE,
    )
    output_in_training = undropped(src.detach(), case["pos"])
    yield "the output in training mode with dropout = 0", output_in_training, "In eval it is right."
    yield "the gradient that comes back to src", gradient_at(src, output), CUT
    tokens, places = repeated(src), repeated(case["pos"])

    def values(weights: Weights, training: bool) -> Tensor:
        copy_weights(stack, weights)
        stack.train(training)
        return added(stack(tokens, places), tokens)

    yield from observe_stack(case["weights"], case["config"]["dropout"], values)
