"""Probe of notebook 07."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from detrlab.checks.errors import CheckAborted
from detrlab.checks.observing import error_names
from detrlab.checks.probes.given import given
from detrlab.checks.probing import CUT, Case, Observation, gradients_at, probe

ADVICE = {
    "class": "It is a weighted mean over all queries of all images.",
    "bbox": "The class part is right. This is a sum over pairs and coordinates, per object of the batch.",
    "giou": "The other two parts are right. This is a sum over pairs, per object of the batch.",
    "total": "The last layer's three parts are right: look at their weights, and at the other layers.",
}
COMPLETE = "a dict"
MOVED = (
    "Like .to(device), .double() moves a module's buffers and parameters; a plain tensor attribute stays "
    "behind."
)
TRAINED = "A parameter is changed by training; the class weights are to stay what they are."

Layers = list[
    dict[str, Tensor]
]  # of each decoder layer "pred_logits" [B, N, K + 1], "pred_boxes" [B, N, 4]


@probe(draw="terms")
def detr_loss(loss_class: Any, case: Case) -> Iterator[Observation]:
    """Compute the loss with a given matcher: the values, the gradients, and what the module holds."""
    matcher = given(loss_class, "HungarianMatcher")(**case["costs"])
    loss = loss_class(case["num_classes"], matcher, **case["settings"])
    layers, where = case["layers"], case["name"]
    for layer in layers:
        for leaf in layer.values():
            leaf.requires_grad_()
    losses = loss(outputs_of(layers), case["targets"])
    yield "what the loss returns", described(losses)
    if described(losses) != COMPLETE:
        return
    for name, advice in ADVICE.items():
        yield f"the {name} loss for {where}", losses[name], advice
    if not all(torch.is_tensor(losses[name]) and losses[name].isfinite().all() for name in ADVICE):
        return  # no gradient can be computed

    first, last = layers[0], layers[-1]
    starts = {"class": [last["pred_logits"]], "bbox": [last["pred_boxes"]], "giou": [last["pred_boxes"]]}
    for name in case["gradients"]:
        leaves = starts.get(name, list(first.values()))
        gradients = gradients_at(leaves, loss(outputs_of(layers), case["targets"])[name])
        yield f"the gradient of the {name} loss", torch.cat([each.flatten() for each in gradients]), CUT
    if case["look_inside"]:
        for name in ("num_classes", "matcher"):
            yield f"the attribute {name}", kept(loss, name), "The training of step 9 reads it."
        names = loss.state_dict().keys()
        yield "the number of parameters", sum(is_parameter(loss, name) for name in names), TRAINED
        ended, total = in_float64(loss, case)
        yield "what happens in float64 after loss.double()", ended, MOVED
        yield "the total in float64", total, MOVED


def outputs_of(layers: Layers) -> dict[str, Any]:
    """Return layers ("pred_logits" [B, N, K + 1], "pred_boxes" [B, N, 4]) as a model returns them.

    The last layer's are on top, those before it in "aux_outputs", which a single layer does without.
    """
    *aux, last = [{name: tensor.clone() for name, tensor in layer.items()} for layer in layers]
    return last | ({"aux_outputs": aux} if aux else {})


def described(losses: Any) -> str:
    """Return in words what the loss returned."""
    if losses is None:
        return "nothing (is there a return?)"
    if isinstance(losses, Mapping):
        missing = [name for name in ADVICE if name not in losses]
        return f"a dict without {' and '.join(missing)}" if missing else COMPLETE
    return "one tensor" if torch.is_tensor(losses) else f"a {type(losses).__name__}"


def kept(module: Any, name: str) -> Any:
    """Return an attribute of the module if it is a number, otherwise in words whether it exists.

    Raises:
        CheckAborted: if the module could not be asked.
    """
    try:
        value = getattr(module, name)
    except CheckAborted:
        raise
    except Exception:
        return "missing"
    return value if isinstance(value, int | float) else "there"


def is_parameter(module: Any, name: str) -> bool:
    """Return whether an entry of the state is a parameter and not a buffer.

    Raises:
        CheckAborted: if the module could not be asked.
    """
    try:
        module.get_parameter(name)
    except CheckAborted:
        raise
    except Exception:
        return False
    return True


def in_float64(loss: Any, case: Case) -> tuple[str, Any]:
    """Return in words how a call ends after loss.double(), which moves what .to() moves, and the total.

    Raises:
        CheckAborted: if the call could not be made.
    """
    layers = [
        {name: tensor.detach().double() for name, tensor in layer.items()} for layer in case["layers"]
    ]
    targets = [
        {"labels": target["labels"], "boxes": target["boxes"].double()} for target in case["targets"]
    ]
    loss.double()
    try:
        return "a loss", loss(outputs_of(layers), targets)["total"]
    except CheckAborted:
        raise
    except Exception as error:
        return f"{error_names(error)[0]}: {error}", None
