"""Cases of notebook 00: every shape that boxes come in, and every way in which two boxes can lie."""

from collections.abc import Iterator

import torch
from torch import Tensor

from autograder.hidden.cases import cases
from detrlab.checks.probing import Case

# A list, a batch of four lists of four (so that no dimension can be told by its length), one box alone,
# an image without objects, and one dimension more.
SHAPES = ((5, 4), (3, 4, 4), (4,), (0, 4), (2, 3, 5, 4))
PIXELS = 640.0


@cases
def box_cxcywh_to_xyxy(generator: torch.Generator) -> Iterator[Case]:
    """Draw boxes in every shape, about half of them sticking out of the image, and boxes in pixels."""
    for shape in SHAPES:
        centres = between(0.1, 0.9, generator, *shape[:-1], 2)
        sizes = between(0.2, 0.8, generator, *shape[:-1], 2)
        yield {"boxes": torch.cat([centres, sizes], dim=-1)}
    yield {"boxes": PIXELS * between(0.2, 0.8, generator, 3, 4)}


@cases
def generalized_box_iou(generator: torch.Generator) -> Iterator[Case]:
    """Draw pairs that overlap, lie apart, contain one another or have no area, and impossible boxes."""

    def case(look_at: str, name: str, boxes1: Tensor, boxes2: Tensor) -> Case:
        return {"look_at": look_at, "name": name, "boxes1": boxes1, "boxes2": boxes2}

    # All of these contain the middle of the image, so any two overlap.
    one, three = around_the_middle(generator, 1), around_the_middle(generator, 3)
    yield case("gradients", "one box and three that overlap it", one, three)

    left = in_quarter(generator, 0, 0, 2)
    others = [in_quarter(generator, right, down, 1) for right, down in ((1, 0), (0, 1), (1, 1))]
    yield case("gradients", "two boxes and three that lie apart from them", left, torch.cat(others))

    outer = around_the_middle(generator, 1)
    inner = outer + torch.tensor([[0.05, 0.1, -0.1, -0.05]])
    width = outer[:, 2:3] - outer[:, :1]
    beside = outer + width * torch.tensor([[1.0, 0.0, 1.0, 0.0]])
    yield case(
        "values",
        "boxes that are equal, contained or touching",
        torch.cat([outer, inner]),
        torch.cat([outer, inner, beside]),
    )

    pixels1, pixels2 = around_the_middle(generator, 3), around_the_middle(generator, 2)
    yield case("values", "boxes in pixels", PIXELS * pixels1, PIXELS * pixels2)

    flat, full = without_area(generator), around_the_middle(generator, 2)
    yield case("range", "boxes without area", flat, full)
    yield case("values", "boxes without area against ordinary ones", flat, full)
    yield case("range", "boxes without area on both sides", flat, flat)

    yield case("values", "no box and two", full[:0], full)
    yield case("values", "two boxes and none", full, full[:0])

    bad_x, bad_y = around_the_middle(generator, 3), around_the_middle(generator, 3)
    bad_x[1, [0, 2]] = bad_x[1, [2, 0]]
    bad_y[2, [1, 3]] = bad_y[2, [3, 1]]
    yield case("error", "x1 < x0 in boxes1", bad_x, full)
    yield case("error", "y1 < y0 in boxes1", bad_y, full)
    yield case("error", "x1 < x0 in boxes2", full, bad_x)
    yield case("error", "y1 < y0 in boxes2", full, bad_y)


def between(low: float, high: float, generator: torch.Generator, *shape: int) -> Tensor:
    """Draw a tensor of this shape, evenly between low and high."""
    return low + (high - low) * torch.rand(shape, generator=generator)


def around_the_middle(generator: torch.Generator, number: int) -> Tensor:
    """Draw boxes [number, 4] (xyxy) that contain the middle of the image."""
    corners = (between(0.0, 0.35, generator, number, 2), between(0.65, 1.0, generator, number, 2))
    return torch.cat(corners, dim=1)


def in_quarter(generator: torch.Generator, right: int, down: int, number: int) -> Tensor:
    """Draw boxes [number, 4] (xyxy) well inside one quarter of the image."""
    low = torch.tensor([0.5 * right, 0.5 * down])
    corners = (
        low + between(0.02, 0.15, generator, number, 2),
        low + between(0.3, 0.45, generator, number, 2),
    )
    return torch.cat(corners, dim=1)


def without_area(generator: torch.Generator) -> Tensor:
    """Draw a point in the middle of the image, a point at its edge, an upright line and a level line."""
    x, y = between(0.4, 0.6, generator, 2).tolist()
    return torch.tensor([[x, y, x, y], [1.2, y, 1.2, y], [x, 0.1, x, 0.8], [0.1, y, 0.7, y]])
