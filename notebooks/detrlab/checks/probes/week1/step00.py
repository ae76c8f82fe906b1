"""Probes of notebook 00."""

from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor

from detrlab.checks.errors import CheckAborted
from detrlab.checks.observing import error_names
from detrlab.checks.probing import CUT, Case, Observation, gradient_at, probe

CENTRE_SIZE = ("cx", "cy", "w", "h")
CORNERS = ("x0", "y0", "x1", "y1")
KEEP_THE_GRAPH = (
    "The values are right: use tensor operations from end to end, so that gradients can flow."
)
NAN_STAYS = (
    "The values are finite. A NaN that is replaced afterwards comes back in the gradient: keep it from "
    "arising, by denominators that are never 0."
)
TOO_COARSE = "A bound on a denominator has to be far below the area of any box: 1e-9, not 1e-3."


@probe(draw="boxes")
def box_cxcywh_to_xyxy(convert: Any, case: Case) -> Iterator[Observation]:
    """Convert boxes [..., 4] of one shape, and send a gradient back through the conversion."""
    boxes = case["boxes"]
    yield f"the result for boxes of shape {list(boxes.shape)}", convert(boxes)
    yield "the dtype for float64 boxes", str(convert(boxes.double()).dtype), "Leave the dtype as it is."
    if boxes.numel():
        [reached] = reached_by_gradient(convert, [boxes], CENTRE_SIZE)
        yield "the list of those of cx, cy, w, h that a gradient reaches", reached, KEEP_THE_GRAPH
        start = boxes.clone().requires_grad_()
        result = convert(start.clone())
        yield "the gradient that comes back to boxes", gradient_at(start, result), CUT


@probe(draw="matrix")
def generalized_box_iou(giou: Any, case: Case) -> Iterator[Observation]:
    """Compare boxes [N, 4] with boxes [M, 4]: the values, their range, the gradients, or the error."""
    name, boxes1, boxes2 = case["name"], case["boxes1"], case["boxes2"]
    if case["look_at"] in ("error", "range"):
        yield f"the error for {name}", error_of(giou, boxes1, boxes2)
    if case["look_at"] in ("values", "gradients"):
        yield f"the result for {name}", giou(boxes1, boxes2)
    if case["look_at"] == "range":
        values = giou(boxes1, boxes2)
        yield f"the answer to whether all numbers are finite for {name}", bool(values.isfinite().all())
        within = bool((values.abs() <= 1 + 1e-5).all())
        yield f"the answer to whether all numbers lie in [-1, 1] for {name}", within
        corners = boxes1.requires_grad_()
        finite = bool(gradient_at(corners, giou(corners.clone(), boxes2)).isfinite().all())
        yield f"the answer to whether the gradient is finite for {name}", finite, NAN_STAYS
    if case["look_at"] == "small":
        # Divided, so that the absolute tolerance allows for a bound far below these areas.
        yield f"a hundredth of the result for {name}", giou(boxes1, boxes2) / 100, TOO_COARSE
    if case["look_at"] == "gradients":
        of_first, of_second = reached_by_gradient(giou, [boxes1, boxes2], CORNERS)
        yield "the list of coordinates of boxes1 that a gradient reaches", of_first, KEEP_THE_GRAPH
        yield "the list of coordinates of boxes2 that a gradient reaches", of_second, KEEP_THE_GRAPH
        corners = boxes1.requires_grad_()
        result = giou(corners.clone(), boxes2)
        yield "the gradient that comes back to boxes1", gradient_at(corners, result), CUT


def reached_by_gradient(
    function: Any, inputs: list[Tensor], coordinates: tuple[str, ...]
) -> list[list[str]]:
    """Return, for each input [..., 4], the names of the coordinates that get a gradient in every box."""
    inputs = [boxes.clone().requires_grad_() for boxes in inputs]
    result = function(*inputs)
    if result.requires_grad:
        # Squared, so that the contributions of a coordinate do not cancel in the sum.
        result.square().sum().backward()
    return [
        [
            coordinate
            for column, coordinate in enumerate(coordinates)
            if boxes.grad is not None and bool((boxes.grad[..., column] != 0).all())
        ]
        for boxes in inputs
    ]


def error_of(function: Callable, *arguments: Tensor) -> str:
    """Return "ValueError" if a call raises one, the name of any other error, or "none".

    Args:
        function: the learner's.
        *arguments: boxes [n, 4].

    Raises:
        CheckAborted: if the call could not be made.
    """
    try:
        function(*arguments)
    except CheckAborted:
        raise
    except Exception as error:
        names = error_names(error)
        return "ValueError" if "ValueError" in names else names[0]
    return "none"
