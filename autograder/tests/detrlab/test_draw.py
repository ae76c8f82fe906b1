"""detrlab.draw: images with their boxes and names, and the six images that end each notebook."""

import base64
import subprocess
import sys

import pytest
import torch

from detrlab import draw
from detrlab.toy import make_synthetic_sample, six_images


def test_importing_draw_does_not_import_pyplot():
    code = "import sys, detrlab.draw; assert 'matplotlib.pyplot' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_visualize_draws_box_at_its_place_in_colour_of_its_class():
    target = {"boxes": torch.tensor([[0.5, 0.25, 0.5, 0.25]]), "labels": torch.tensor([1])}
    ax = draw.visualize(torch.zeros(3, 64, 32), target)
    [outline] = ax.patches
    assert outline.get_bbox().bounds == pytest.approx((7.5, 7.5, 16, 16))
    assert outline.get_edgecolor()[:3] == pytest.approx((0xE6 / 255, 0x9F / 255, 0))
    assert [text.get_text() for text in ax.texts] == ["square"]


def test_visualize_writes_score_and_unknown_class_and_skips_non_finite_box():
    target = {
        "boxes": torch.tensor([[0.5, 0.5, 0.2, 0.2], [0.5, torch.nan, 0.2, 0.2]]),
        "classes": torch.tensor([7, 0]),
        "scores": torch.tensor([0.876, 0.5], requires_grad=True),
    }
    ax = draw.visualize(torch.rand(3, 32, 32), target, title="one box")
    assert [text.get_text() for text in ax.texts] == ["class 7 0.88"]
    assert not draw.visualize(torch.rand(3, 32, 32), None).texts


def test_visualize_keeps_names_apart_even_on_equal_boxes():
    for index in range(8):
        image, target = make_synthetic_sample(0, index)
        doubled = {"boxes": target["boxes"].repeat(2, 1), "labels": target["labels"].repeat(2)}
        ax = draw.visualize(image, doubled)
        extents = [text.get_window_extent() for text in ax.texts]
        for order, extent in enumerate(extents):
            assert not any(extent.overlaps(earlier) for earlier in extents[:order])


def test_six_so_far_states_objects_and_boxes_in_alt_text(notebook):
    draw.six_so_far()
    draw.six_so_far(lambda images: [target for _, target in six_images()], caption="Day 5")
    without_boxes, with_boxes = (bundle["text/plain"] for bundle, _ in notebook)
    assert "without boxes" in without_boxes and "Image 1: 1 object (circle)." in without_boxes
    assert with_boxes.startswith("Day 5. ") and "Image 2: 2 boxes drawn, 2 objects there" in with_boxes
    assert all(len(base64.b64decode(bundle["image/png"])) < 120_000 for bundle, _ in notebook)


def test_six_so_far_refuses_other_numbers_of_targets():
    with pytest.raises(ValueError, match="6 targets"):
        draw.six_so_far(lambda images: [])
