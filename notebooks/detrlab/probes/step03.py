"""Probes of notebook 03."""

from collections.abc import Iterator
from typing import Any

import torch

from detrlab.probes import Case, Observation, probe
from detrlab.weights import copy_weights


@probe()
def encoder_layer(layer_class: Any, case: Case) -> Iterator[Observation]:
    """Run one layer with given weights, with and without positions."""
    layer = layer_class(**case["config"])
    copy_weights(layer, case["weights"])
    layer.eval()
    src, pos = case["src"], case["pos"]
    yield "the output with pos = 0", layer(src, torch.zeros_like(pos))
    yield "the output", layer(src, pos), "With pos = 0 it is right."


@probe()
def encoder(encoder_class: Any, case: Case) -> Iterator[Observation]:
    """Run the stack with given weights, different ones in each layer."""
    stack = encoder_class(**case["config"])
    copy_weights(stack, case["weights"])
    stack.eval()
    yield "the output", stack(case["src"], case["pos"])
