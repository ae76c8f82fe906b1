"""Probes of notebook 03."""

from collections.abc import Iterator
from typing import Any

import torch

from detrlab.probes import CUT, Case, Observation, gradient_at, probe
from detrlab.weights import copy_weights


@probe()
def encoder_layer(layer_class: Any, case: Case) -> Iterator[Observation]:
    """Run one layer with given weights, with and without positions."""
    layer = layer_class(**case["config"])
    copy_weights(layer, case["weights"])
    layer.eval()
    src, pos = case["src"].requires_grad_(), case["pos"]
    yield "the output with pos = 0", layer(src.clone(), torch.zeros_like(pos))
    output = layer(src.clone(), pos)
    yield "the output", output, "With pos = 0 it is right."
    yield "the gradient that comes back to src", gradient_at(src, output), CUT


@probe()
def encoder(encoder_class: Any, case: Case) -> Iterator[Observation]:
    """Run the stack with given weights, different ones in each layer."""
    stack = encoder_class(**case["config"])
    copy_weights(stack, case["weights"])
    stack.eval()
    src = case["src"].requires_grad_()
    output = stack(src.clone(), case["pos"])
    yield "the output", output
    yield "the gradient that comes back to src", gradient_at(src, output), CUT
