"""Probes of notebook 04."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from detrlab.checks.errors import CheckFailed
from detrlab.checks.probes.dropout import (
    CHANCE,
    added,
    is_random,
    observe_layer,
    observe_stack,
    repeated,
)
from detrlab.checks.probing import CUT, Case, Observation, gradients_at, probe
from detrlab.checks.weights import Weights, copy_weights

NUMB = (
    "At that rate nothing is left of the three blocks: is dropout applied to what each block adds, "
    "before the sum, and at the rate that was given?"
)


@probe(draw="tokens")
def decoder_layer(layer_class: Any, case: Case) -> Iterator[Observation]:
    """Run one layer with given weights: without positions, with either kind, with both, in training."""
    layer = layer_class(**case["config"])
    yield from set_weights(layer, case["weights"])
    layer.eval()
    tgt, memory, pos, query_pos = (case[name] for name in ("tgt", "memory", "pos", "query_pos"))
    no_pos, no_query_pos = torch.zeros_like(pos), torch.zeros_like(query_pos)
    steps = (
        ("the output with pos = 0 and query_pos = 0", no_pos, no_query_pos, ""),
        ("the output with query_pos = 0", pos, no_query_pos, "With both at 0 it is right."),
        ("the output with pos = 0", no_pos, query_pos, "With both at 0 it is right."),
        ("the output", pos, query_pos, "With either of pos and query_pos at 0 it is right."),
    )
    first = layer(torch.zeros_like(tgt), memory.clone(), pos, query_pos.clone())
    leaves = {"tgt": tgt, "memory": memory, "query_pos": query_pos}
    for leaf in leaves.values():
        leaf.requires_grad_()
    for what, cell_pos, slot_pos, advice in steps:
        output = layer(tgt.clone(), memory.clone(), cell_pos, slot_pos.clone())
        yield what, output, advice
    yield "the output with tgt = 0, as in the first layer", first, "With other queries it is right."
    for name, gradient in zip(leaves, gradients_at(list(leaves.values()), output), strict=True):
        yield f"the gradient that comes back to {name}", gradient, CUT
    undropped = layer_class(**case["config"] | {"dropout": 0.0})
    copy_weights(undropped, case["weights"])
    output = undropped(tgt.clone(), memory.clone(), pos, query_pos.clone())
    yield "the output in training mode with dropout = 0", output, "In eval mode it is right."
    all_dropped = layer_class(**case["config"] | {"dropout": 1.0})
    copy_weights(all_dropped, case["weights"])
    all_dropped.train()
    output = all_dropped(tgt.clone(), memory.clone(), pos, query_pos.clone())
    yield "the output in training mode with dropout = 1", output, NUMB
    others = [repeated(tensor) for tensor in (memory, pos, query_pos)]
    rate = case["config"]["dropout"]
    yield from observe_layer(layer, case["weights"], rate, lambda tokens: layer(tokens, *others), tgt)


@probe(draw="tokens")
def decoder(decoder_class: Any, case: Case) -> Iterator[Observation]:
    """Run the stack with given weights, different ones in each layer; then a stack of default width."""
    stack = decoder_class(**case["config"])
    yield from set_weights(stack, case["weights"])
    stack.eval()
    inputs = [case[name] for name in ("tgt", "memory", "pos", "query_pos")]
    leaves = {"tgt": inputs[0], "memory": inputs[1], "query_pos": inputs[3]}
    for leaf in leaves.values():
        leaf.requires_grad_()
    outputs = stack(*(tensor.clone() for tensor in inputs))
    listed = isinstance(outputs, list | tuple)
    other = "nothing" if outputs is None else f"a {type(outputs).__name__}"
    yield "what the decoder returns", "a list" if listed else other
    if not listed:
        yield "what it returns instead of a list", outputs
        return
    yield "the number of outputs", len(outputs)
    for number, output in enumerate(outputs, start=1):
        yield f"the output of layer {number}", output
    joined = torch.stack(list(outputs))
    for name, gradient in zip(leaves, gradients_at(list(leaves.values()), joined), strict=True):
        yield f"the gradient that comes back to {name}", gradient, CUT
    undropped = decoder_class(**case["config"] | {"dropout": 0.0})
    copy_weights(undropped, case["weights"])
    by_chance = is_random(undropped, *(tensor.detach() for tensor in inputs))
    yield (
        "the claim that in training mode with dropout = 0 something is left to chance",
        by_chance,
        CHANCE,
    )
    in_training = torch.stack(list(undropped(*(tensor.detach() for tensor in inputs))))
    yield "the outputs in training mode with dropout = 0", in_training, "In eval mode they are right."
    again = stack(*(tensor.clone() for tensor in inputs))
    yield "the number of outputs of a second call", len(again)
    narrow = decoder_class(n_layers=1, dim_ff=4)
    outputs = narrow(*(torch.zeros(1, 2, 256) for _ in inputs))
    yield "the width of the outputs when no d_model is given", outputs[0].shape[-1]
    many = [repeated(tensor) for tensor in inputs]

    def values(weights: Weights, training: bool) -> Tensor:
        copy_weights(stack, weights)
        stack.train(training)
        return added(stack(*many)[-1], many[0])

    yield from observe_stack(case["weights"], case["config"]["dropout"], values)


def set_weights(module: Any, weights: Weights) -> Iterator[Observation]:
    """Load the weights; if they do not fit, observe the number of parameters, which may show why.

    Args:
        module: the learner's.
        weights: tensors [...] by name.

    Raises:
        CheckFailed: if they do not fit.
    """
    try:
        copy_weights(module, weights)
    except CheckFailed:
        sizes = [tensor.numel() for tensor in module.state_dict().values()]
        yield "the number of parameters", sum(sizes)
        raise
