"""detrlab.figures.set_panels: boxes, pairs and loss terms drawn and described beside the right ones."""

import pytest
import torch

from detrlab import draw


def test_boxes_are_described_as_given_and_drawn_by_corners():
    right = torch.tensor([[0.5, 0.5, 0.2, 0.4], [0.1, 0.1, 0.1, 0.1]])
    yours = right.clone()
    yours[0, 0] = 0.6
    words = draw.describe_difference(yours, right, "centres")
    assert words == "box 0: yours (0.6, 0.5, 0.2, 0.4), expected (0.5, 0.5, 0.2, 0.4)."
    ax = draw.compare_panels(right, right, "centres", "").axes[0]
    assert ax.patches[0].get_bbox().extents == pytest.approx((0.4, 0.3, 0.6, 0.7))


def test_pairs_are_drawn_as_lines_between_queries_and_objects():
    right = torch.tensor([[1, 0], [0, 1], [0, 0], [0, 0]], dtype=torch.uint8)
    yours = torch.tensor([[1, 0], [0, 0], [0, 1], [0, 0]], dtype=torch.uint8)
    ax = draw.compare_panels(yours, right, "pairs", "").axes[0]
    names = [text.get_text() for text in ax.texts]
    assert "query 2" in names and "query 3" not in names  # it has no pair in either
    assert sorted(line.get_linestyle() for line in ax.lines) == ["-", "-", "--"]
    words = draw.describe_difference(yours, right, "pairs")
    assert words == "object 1: yours query 2, expected query 1."


def test_loss_terms_are_drawn_as_bars_with_their_numbers():
    right = {"class": torch.tensor(1.25), "total": torch.tensor(4.5)}
    figure, words = draw.compare_terms({"class": torch.tensor(1.25), "total": "none"}, right, "loss")
    assert words == "class: right; total: yours nan, expected 4.5."
    assert [bar.get_width() for bar in figure.axes[0].patches] == [1.25, 1.25, 0, 4.5]
