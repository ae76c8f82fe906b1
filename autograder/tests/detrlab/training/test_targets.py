"""detrlab.targets: malformed targets named with image and field."""

import math

import pytest
import torch

from autograder.tests.detrlab.small_detr import make_target, valid_target
from detrlab.targets import validate
from detrlab.toy import validation_set


@pytest.mark.parametrize(
    ("malformed", "message"),
    [
        (
            make_target([[64, 64, 20, 10]]),
            "Image 4, boxes: box 0 is (64, 64, 20, 10), with a number above 1",
        ),
        (make_target([[0.5, 0.5, -0.1, 0.1]]), "with a width or height that is not above 0"),
        (make_target([[0.5, 0.5, 0.1, 0.0]]), "with a width or height that is not above 0"),
        (make_target([[-0.2, 0.5, 0.1, 0.1]]), "with its centre outside the image"),
        (make_target([[0.5, math.nan, 0.1, 0.1]]), "which is not finite"),
        *(
            (make_target([[0.5, 0.5, 0.2, 0.2], box]), "box 1 is (")
            for box in (
                [0.55, 0.5, 0.95, 0.9],
                [0.1, 0.2, 0.6, 0.7],
                [0.0, 0.0, 0.3, 0.3],
                [0.7, 0.1, 0.9, 0.2],
            )
        ),
        (make_target([[0.1, 0.2, 0.6, 0.7]]), "outside the image as (cx, cy, w, h). Are these corners"),
        (make_target([[0.2, 0.9, 0.1, 0.3]]), "or COCO's boxes"),
        (make_target([[0.5, 0.5, 0.1, 0.1]], [3]), "Image 4, labels: 3 is not in 0..2"),
        (make_target([[0.5, 0.5, 0.1, 0.1]], [-1]), "Image 4, labels: -1 is not in 0..2"),
        (make_target([[0.5, 0.5, 0.1, 0.1]], [1, 2]), "labels: there are 2, but 1 boxes"),
        (
            make_target([[0.5, 0.5, 0.1, 0.1]], dtype=torch.float64),
            "numbers are float64; they should be float32",
        ),
        (
            valid_target() | {"labels": torch.tensor([0.0])},
            "labels: the numbers are float32; they should be int64",
        ),
        (valid_target() | {"boxes": torch.zeros(4)}, "boxes: the shape is [4]; it should be [M, 4]"),
        (valid_target() | {"labels": [0]}, "labels: it is a list; it should be a tensor"),
        ({"boxes": valid_target()["boxes"]}, "labels: missing"),
        (valid_target()["boxes"], "target: it is a Tensor; it should be a dict"),
    ],
)
def test_validate_names_image_and_field_of_malformed_target(malformed, message):
    with pytest.raises(ValueError) as caught:
        validate([valid_target(), malformed], 3, first=3)
    assert message in str(caught.value)
    assert str(caught.value).startswith("Image 4, ")


def test_validate_accepts_well_formed_targets():
    validate([valid_target(), make_target([]), make_target([[0.5, 0.5, 1, 1]], [2])], 3)
    validate([make_target([[0.5, 0.495, 1, 1.0], [0.05, 0.95, 0.11, 0.1]])], 3)
    validate([target for _, target in validation_set()], 3)
