"""Cases of notebook 00: boxes in every shape of tensor, and pairs of boxes in every relation."""

from collections.abc import Iterator

import torch
from torch import Tensor

from autograder.hidden.cases import cases
from detrlab.checks.probing import Case

# A list of boxes, a batch in which a length of 4 does not identify the last dimension, a single box, an
# image without objects, and a further dimension.
SHAPES = ((5, 4), (3, 4, 4), (4,), (0, 4), (2, 3, 5, 4))
SMALL = 0.03  # a box with sides of 0.01 to 0.03 has an area of some 0.0003
PIXELS = 640.0  # width and height of an image whose boxes are in pixels


@cases
def box_cxcywh_to_xyxy(generator: torch.Generator) -> Iterator[Case]:
    """Draw boxes [..., 4] (cx, cy, w, h), about half of them not fully in the image; some in pixels."""
    for shape in SHAPES:
        centres = uniform(0.1, 0.9, generator, *shape[:-1], 2)
        sizes = uniform(0.2, 0.8, generator, *shape[:-1], 2)
        yield {"boxes": torch.cat([centres, sizes], dim=-1)}
    yield {"boxes": PIXELS * uniform(0.2, 0.8, generator, 3, 4)}


@cases
def generalized_box_iou(generator: torch.Generator) -> Iterator[Case]:
    """Draw boxes (xyxy) that overlap, are disjoint, contain each other or have no area; invalid ones too.

    A case holds boxes1 [N, 4] and boxes2 [M, 4].
    """

    def case(look_at: str, name: str, boxes1: Tensor, boxes2: Tensor) -> Case:
        return {"look_at": look_at, "name": name, "boxes1": boxes1, "boxes2": boxes2}

    # All of these contain the centre of the image, so any two overlap.
    single, three = boxes_around_centre(generator, 1), boxes_around_centre(generator, 3)
    yield case("gradients", "one box and three that overlap it", single, three)

    left = boxes_in_quadrant(generator, 0, 0, 2)
    others = [boxes_in_quadrant(generator, right, down, 1) for right, down in ((1, 0), (0, 1), (1, 1))]
    yield case("gradients", "two boxes and three that lie apart from them", left, torch.cat(others))

    yield case("values", "two boxes and two", *(boxes_around_centre(generator, 2) for _ in range(2)))

    small, near = (SMALL * boxes_around_centre(generator, 2) for _ in range(2))
    yield case("small", "boxes of a pixel or two", small, near)

    outer = boxes_around_centre(generator, 1)
    inner = outer + torch.tensor([[0.05, 0.1, -0.1, -0.05]])
    width = outer[:, 2:3] - outer[:, :1]
    beside = outer + width * torch.tensor([[1.0, 0.0, 1.0, 0.0]])
    yield case(
        "values",
        "boxes that are equal, contained or touching",
        torch.cat([outer, inner]),
        torch.cat([outer, inner, beside]),
    )

    pixels1, pixels2 = boxes_around_centre(generator, 3), boxes_around_centre(generator, 2)
    yield case("values", "boxes in pixels", PIXELS * pixels1, PIXELS * pixels2)

    flat, ordinary = boxes_without_area(generator), boxes_around_centre(generator, 2)
    yield case("range", "boxes without area", flat, ordinary)
    yield case("values", "boxes without area against ordinary ones", flat, ordinary)
    yield case("range", "boxes without area on both sides", flat, flat)

    yield case("values", "no box and two", ordinary[:0], ordinary)
    yield case("values", "two boxes and none", ordinary, ordinary[:0])

    inverted_x, inverted_y = boxes_around_centre(generator, 3), boxes_around_centre(generator, 3)
    inverted_x[1, [0, 2]] = inverted_x[1, [2, 0]]
    inverted_y[2, [1, 3]] = inverted_y[2, [3, 1]]
    yield case("error", "x1 < x0 in boxes1", inverted_x, ordinary)
    yield case("error", "y1 < y0 in boxes1", inverted_y, ordinary)
    yield case("error", "x1 < x0 in boxes2", ordinary, inverted_x)
    yield case("error", "y1 < y0 in boxes2", ordinary, inverted_y)


def uniform(low: float, high: float, generator: torch.Generator, *shape: int) -> Tensor:
    """Draw a float32 tensor [*shape] from the uniform distribution on [low, high)."""
    return low + (high - low) * torch.rand(shape, generator=generator)


def boxes_around_centre(generator: torch.Generator, count: int) -> Tensor:
    """Draw boxes [number, 4] (xyxy) that contain the centre of the image."""
    corners = (uniform(0.0, 0.35, generator, count, 2), uniform(0.65, 1.0, generator, count, 2))
    return torch.cat(corners, dim=1)


def boxes_in_quadrant(generator: torch.Generator, right: int, down: int, count: int) -> Tensor:
    """Draw boxes [number, 4] (xyxy) inside one quadrant of the image, clear of its edges."""
    low = torch.tensor([0.5 * right, 0.5 * down])
    corners = (
        low + uniform(0.02, 0.15, generator, count, 2),
        low + uniform(0.3, 0.45, generator, count, 2),
    )
    return torch.cat(corners, dim=1)


def boxes_without_area(generator: torch.Generator) -> Tensor:
    """Draw boxes [4, 4] (xyxy): two points, of which one is outside the image, and two lines."""
    x, y = uniform(0.4, 0.6, generator, 2).tolist()
    return torch.tensor([[x, y, x, y], [1.2, y, 1.2, y], [x, 0.1, x, 0.8], [0.1, y, 0.7, y]])
