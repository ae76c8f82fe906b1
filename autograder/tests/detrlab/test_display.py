"""detrlab.display: numbers that may be secret are masked, and honest errors keep theirs."""

import pytest
import torch

from detrlab.display import masked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("got 0.25, -1.5e-07 and .5", "got … and …"),
        ("index 123456 of 78", "index … of 78"),
        ("v0.1234 and 2e5", "v… and …"),
        (f"{torch.tensor([[0.5, 2.0]])}", "tensor(…)"),
        (f"{torch.arange(3)!r}.", "tensor(…)."),
        ("(tensor([1, 2]), tensor([0, 3]))", "(tensor(…), tensor(…)"),
        ("[[0, 1], [2, 0]]", "[…]"),
        ("pairs 1 2 3 4 5 6 7 8", "pairs …"),
    ],
)
def test_numbers_that_may_be_drawn_are_masked(text, expected):
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "mat1 and mat2 shapes cannot be multiplied (35x8 and 16x32)",
        "shape '[2, 7, 9, 61]' is invalid for input of size 5124",
        "got torch.Size([2, 256, 8, 8])",
        "expected [3, 4] at entry 0 and [5, 4] at entry 1",
        "Your module has no `layers.0.norm1`; looked for its parameter layers.0.norm1.weight [8].",
        "    in forward, line 112: x = self.conv1(x)",
        "index 3 is out of bounds for dimension 0 with size 3",
        "float32 and resnet50, image 2.",
    ],
)
def test_error_keeps_shapes_sizes_names_and_lines(text):
    assert masked(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the table of 6 features at temperature 87", "the table of … features at temperature …"),
        ("the result for boxes of shape [3, 4, 4]", "the result for boxes of shape […]"),
        ('x1 < x0 in boxes1 for "resnet18"', 'x1 < x0 in boxes1 for "resnet18"'),
    ],
)
def test_text_that_may_be_drawn_as_a_whole_keeps_no_number(text, expected):
    assert masked(text, is_public=False) == expected
