"""Probes of notebook 04."""

from collections.abc import Iterator
from typing import Any

import torch

from detrlab.probes import Case, Observation, probe
from detrlab.weights import copy_weights


@probe()
def decoder_layer(layer_class: Any, case: Case) -> Iterator[Observation]:
    """Run one layer with given weights, first without positions, then with one kind, then with both."""
    layer = layer_class(**case["config"])
    yield "the number of parameters", count(layer)
    copy_weights(layer, case["weights"])
    layer.eval()
    tgt, memory, pos, query_pos = (case[name] for name in ("tgt", "memory", "pos", "query_pos"))
    no_pos, no_query_pos = torch.zeros_like(pos), torch.zeros_like(query_pos)
    yield "the output with pos = 0 and query_pos = 0", layer(tgt, memory, no_pos, no_query_pos)
    yield "the output with query_pos = 0", layer(tgt, memory, pos, no_query_pos), "Without pos it is right."
    yield (
        "the output with pos = 0",
        layer(tgt, memory, no_pos, query_pos),
        "Without query_pos it is right.",
    )
    yield (
        "the output",
        layer(tgt, memory, pos, query_pos),
        "With pos or query_pos alone it is right.",
    )


@probe()
def decoder(decoder_class: Any, case: Case) -> Iterator[Observation]:
    """Run the stack with given weights, different ones in each layer; then one of default width."""
    stack = decoder_class(**case["config"])
    yield "the number of parameters", count(stack)
    copy_weights(stack, case["weights"])
    stack.eval()
    inputs = [case[name] for name in ("tgt", "memory", "pos", "query_pos")]
    outputs = stack(*inputs)
    yield "what the decoder returns", "a list" if isinstance(outputs, list | tuple) else "one tensor"
    yield "the number of outputs", len(outputs)
    for number, output in enumerate(outputs, start=1):
        yield f"the output of layer {number}", output
    default = decoder_class(n_layers=1, dim_ff=4)
    outputs = default(*(torch.zeros(1, 2, 256) for _ in inputs))
    yield "the width of the outputs when no d_model is given", outputs[0].shape[-1]


def count(module: Any) -> int:
    """Count the numbers in a module's parameters."""
    return sum(tensor.numel() for tensor in module.state_dict().values())
