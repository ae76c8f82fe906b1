"""Validate targets before they are used: what is wrong, in which image, in which field."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch

SLACK = 0.01  # of the image: how far a box may reach outside, as boxes drawn by hand do
FIELDS = {"labels": ((), torch.int64), "boxes": ((4,), torch.float32)}


def validate(targets: Sequence[Any], num_classes: int, first: int = 0) -> None:
    """Check that every target has the form that DETR is trained on.

    Args:
        targets: for each image a dict with "labels" int64 [M], each in 0..num_classes-1, and "boxes"
            float32 [M, 4], each (cx, cy, w, h) as fractions of the image, w and h above 0. M may be 0.
        num_classes: K.
        first: the number of the first image, for the message.

    Raises:
        ValueError: naming image and field, for the first target that is malformed.
    """
    for number, target in enumerate(targets, start=first):
        if problem := find_problem(target, num_classes):
            raise ValueError(f"Image {number}, {problem}")


def find_problem(target: Any, num_classes: int) -> str:
    """Return what is wrong with one image's target, beginning with the field; "" if it is valid."""
    if not isinstance(target, Mapping):
        return f"target: it is a {type(target).__name__}; it should be a dict with labels and boxes."
    for field, (rest, dtype) in FIELDS.items():
        if problem := find_misfit(target.get(field), rest, dtype):
            return f"{field}: {problem}"
    labels, boxes = target["labels"], target["boxes"]
    if len(labels) != len(boxes):
        return f"labels: there are {len(labels)}, but {len(boxes)} boxes; each box has one label."
    outside = labels[(labels < 0) | (labels >= num_classes)]
    if len(outside):
        return (
            f"labels: {outside[0].item()} is not in 0..{num_classes - 1}. Labels count from 0, and "
            f'{num_classes} itself means "no object"; num_classes is the largest label + 1.'
        )
    return find_bad_box(boxes)


def find_misfit(values: Any, rest: tuple[int, ...], dtype: torch.dtype) -> str:
    """Return what is wrong with a field's type, dtype or shape [M, *rest]; "" if it is valid."""
    if values is None:
        return "missing."
    if not isinstance(values, torch.Tensor):
        return f"it is a {type(values).__name__}; it should be a tensor."
    if values.dim() != 1 + len(rest) or values.shape[1:] != rest:
        shape = ", ".join(["M", *map(str, rest)])
        return f"the shape is {list(values.shape)}; it should be [{shape}]."
    if values.dtype != dtype:
        name, wanted = (str(kind).removeprefix("torch.") for kind in (values.dtype, dtype))
        return f"the numbers are {name}; they should be {wanted}."
    return ""


def find_bad_box(boxes: torch.Tensor) -> str:
    """Return which box of [M, 4] is not (cx, cy, w, h) as fractions of the image, and why; "" if none."""
    for number, box in enumerate(boxes.tolist()):
        where = f"boxes: box {number} is ({', '.join(f'{value:.4g}' for value in box)}), "
        if not all(map(math.isfinite, box)):
            return where + "which is not finite."
        if max(box) > 1:
            return where + (
                "with a number above 1. Boxes are (cx, cy, w, h) as fractions of the image: "
                "divide pixels by its width and height."
            )
        if min(box[2:]) <= 0:
            return (
                where + "with a width or height that is not above 0. Are these corners (x0, y0, x1, y1)?"
            )
        if min(box) < 0:
            return where + "with its centre outside the image."
        if reaches_outside(*box):
            return where + (
                "which reaches outside the image as (cx, cy, w, h). Are these corners (x0, y0, x1, y1), "
                "or COCO's boxes, whose first two numbers are a corner?"
            )
    return ""


def reaches_outside(cx: float, cy: float, w: float, h: float) -> bool:
    """Say whether a box reaches outside the image by more than SLACK; all in fractions of the image."""
    reach = max(w / 2 - cx, cx + w / 2 - 1, h / 2 - cy, cy + h / 2 - 1)
    return reach > SLACK
