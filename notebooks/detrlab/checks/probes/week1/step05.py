"""Probe of notebook 05."""

from collections.abc import Iterator
from typing import Any

import torch

from detrlab.checks.probing import Case, Observation, probe
from detrlab.checks.weights import Weights, copy_weights, shapes

LOGITS = "They are one linear layer of each query's vector, as it comes."
BOXES = (
    "The logits are right. The boxes are a sigmoid of three linear layers, with a ReLU after the first "
    "two and nothing else."
)


@probe()
def heads(heads_class: Any, case: Case) -> Iterator[Observation]:
    """Run the heads with given weights on a batch [B, N, d] and on all layers [n_layers, B, N, d]."""
    module = heads_class(**case["config"])
    yield (
        "the list of your parameters' sizes",
        sizes(module.state_dict()),
        "class_head is one linear layer, bbox_head three.",
    )
    if sizes(module.state_dict()) != sizes(case["weights"]):
        return
    copy_weights(module, in_order_of(module.state_dict(), case["weights"]))
    module.eval()

    hidden = case["hidden"].requires_grad_()
    output = module(hidden.clone())
    yield "what forward returns", described(output), "Logits first, then boxes."
    if described(output) != "a pair":
        return
    logits, boxes = output
    yield "the logits tensor", logits, LOGITS
    yield "the boxes tensor", boxes, BOXES

    logits_of_stack, boxes_of_stack = module(case["stack"])
    yield "the logits tensor for input [n_layers, B, N, d]", logits_of_stack, "For [B, N, d] it is right."
    yield "the boxes tensor for input [n_layers, B, N, d]", boxes_of_stack, "For [B, N, d] it is right."

    total = logits.sum() + boxes.sum()
    if total.requires_grad:
        total.backward()
    gradient = torch.zeros_like(hidden) if hidden.grad is None else hidden.grad
    yield "the gradient at the queries", gradient, "All outputs are right."
    module.train()
    in_training = module(hidden)[0], module(hidden)[1]
    agree = torch.equal(in_training[0], logits) and torch.equal(in_training[1], boxes)
    outputs = "the same outputs" if agree else "other outputs"
    yield "what training mode gives", outputs, "The heads have no dropout."


def described(output: Any) -> str:
    """Return in words what `forward` returned: a pair, another number of objects, or a single one."""
    if output is None:
        return "nothing"
    if not isinstance(output, tuple | list):
        return f"one {type(output).__name__}"
    return "a pair" if len(output) == 2 else f"{len(output)} thing{'s' * (len(output) != 1)}"


def sizes(weights: Weights) -> list[list[int]]:
    """Return the shapes of all tensors [...], sorted, whatever their names and their order."""
    return sorted(shapes(weights).values())


def in_order_of(state: Weights, weights: Weights) -> Weights:
    """Return the weights [...] by name, the box head's first if `state`, the learner's, has it first."""
    box_first = dict(sorted(weights.items(), key=lambda item: item[0].startswith("class_head")))
    fits = list(shapes(state).values()) == list(shapes(box_first).values())
    return box_first if fits else weights
