"""Figures: drawn from whatever comes, shown with an alt text, and closed."""

import base64
import io
import subprocess
import sys

import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

from autograder.authoring import known_answers
from autograder.authoring.exercises import exercises_of, step_of
from autograder.authoring.sources import code_cells
from autograder.hidden.known_verdicts import answer
from detrlab import check, draw
from detrlab.checks.errors import CheckFailed
from detrlab.toy import make_synthetic_sample, six_images

MATRIX = torch.arange(12.0).reshape(3, 4)
BROKEN = [
    None,
    "no tensor",
    {},
    [[1, 2], [3]],
    torch.zeros(0, 4),
    torch.zeros(4, 3),
    torch.zeros(2, 3, 4, requires_grad=True),
    torch.full((3, 4), torch.nan),
    torch.full((3, 4), torch.inf),
    torch.full((3, 4), 1e300, dtype=torch.float64),
    torch.tensor(1.0),
    MATRIX.bfloat16(),
]


def test_importing_draw_leaves_matplotlib_alone():
    code = "import sys, detrlab.draw; assert 'matplotlib.pyplot' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_show_gives_an_image_with_alt_text(notebook):
    figure = draw.gallery([make_synthetic_sample(0, 0)])
    draw.show(figure, 'A "toy" image & its <box>.')
    [(bundle, metadata)] = notebook
    assert bundle["text/html"].startswith('<img alt="A &quot;toy&quot; image &amp; its &lt;box&gt;."')
    assert bundle["image/png"] in bundle["text/html"]
    assert bundle["text/plain"] == metadata["image/png"]["alt"] == 'A "toy" image & its <box>.'
    Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).verify()
    assert not figure.axes


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_show_refuses_an_empty_alt_text(alt):
    with pytest.raises(ValueError, match="alt text"):
        draw.show(Figure(), alt)


def test_show_in_a_script_only_closes_the_figure(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    figure = draw.heatmap(MATRIX).figure
    draw.show(figure, "A matrix.")
    assert not figure.axes


def test_boxes_are_drawn_where_they_are_in_the_colour_of_their_class():
    target = {"boxes": torch.tensor([[0.5, 0.25, 0.5, 0.25]]), "labels": torch.tensor([1])}
    ax = draw.visualize(torch.zeros(3, 64, 32), target)
    [outline] = ax.patches
    assert outline.get_bbox().bounds == pytest.approx((7.5, 7.5, 16, 16))
    assert outline.get_edgecolor()[:3] == pytest.approx((0xE6 / 255, 0x9F / 255, 0))
    assert [text.get_text() for text in ax.texts] == ["square"]


def test_scores_unknown_classes_and_boxes_that_are_not_finite():
    target = {
        "boxes": torch.tensor([[0.5, 0.5, 0.2, 0.2], [0.5, torch.nan, 0.2, 0.2]]),
        "classes": torch.tensor([7, 0]),
        "scores": torch.tensor([0.876, 0.5], requires_grad=True),
    }
    ax = draw.visualize(torch.rand(3, 32, 32), target, title="one box")
    assert [text.get_text() for text in ax.texts] == ["class 7 0.88"]
    assert not draw.visualize(torch.rand(3, 32, 32), None).texts


def test_names_do_not_overlap_even_where_boxes_do():
    for index in range(8):
        image, target = make_synthetic_sample(0, index)
        twice = {"boxes": target["boxes"].repeat(2, 1), "labels": target["labels"].repeat(2)}
        ax = draw.visualize(image, twice)
        places = [text.get_window_extent() for text in ax.texts]
        for order, first in enumerate(places):
            assert not any(first.overlaps(second) for second in places[:order])


def test_six_so_far_tells_the_truth_in_its_alt_text(notebook):
    draw.six_so_far()
    draw.six_so_far(lambda images: [target for _, target in six_images()], caption="Day 5")
    without, with_boxes = (bundle["text/plain"] for bundle, _ in notebook)
    assert "without boxes" in without and "Image 1: 1 object (circle)." in without
    assert with_boxes.startswith("Day 5. ") and "Image 2: 2 boxes drawn, 2 objects there" in with_boxes
    assert all(len(base64.b64decode(bundle["image/png"])) < 120_000 for bundle, _ in notebook)


def test_six_so_far_wants_six_answers():
    with pytest.raises(ValueError, match="6 targets"):
        draw.six_so_far(lambda images: [])


def test_heatmap_of_values_around_zero_is_white_at_zero():
    [picture] = draw.heatmap(torch.tensor([[-1.0, 3.0]]), title="difference", symmetric=True).images
    assert picture.get_clim() == (-3, 3)


@pytest.mark.parametrize("kind", ["boxes", "centres", "matrix", "map", "tokens", "pairs"])
@pytest.mark.parametrize("yours", BROKEN, ids=range(len(BROKEN)))
def test_compare_panels_draws_and_tells_what_can_be_drawn(yours, kind):
    figure = draw.compare_panels(yours, MATRIX, kind, "your answer")
    assert isinstance(figure, Figure)
    assert draw.to_png(figure).startswith(b"\x89PNG")
    assert draw.describe_difference(yours, MATRIX, kind).endswith(".")


def test_compare_panels_shows_the_place_that_differs_most():
    expected = torch.zeros(2, 5, 3, 4)
    yours = expected.clone()
    yours[1, 2, 0, 0] = 1
    figure = draw.compare_panels(yours, expected, "map", "encoding")
    assert "[1, 2]" in figure.get_suptitle()
    assert figure.axes[2].images[0].get_array().max() == 1
    words = draw.describe_difference(yours, expected, "map")
    assert "most at [1, 2, 0, 0]: yours 1, expected 0. Only rows [0] of 3 are off." in words


def test_compare_panels_knows_its_kinds():
    with pytest.raises(ValueError, match="matrix"):
        draw.compare_panels(MATRIX, MATRIX, "pie", "your answer")


def test_boxes_in_words_and_as_corners():
    right = torch.tensor([[0.5, 0.5, 0.2, 0.4], [0.1, 0.1, 0.1, 0.1]])
    yours = right.clone()
    yours[0, 0] = 0.6
    words = draw.describe_difference(yours, right, "centres")
    assert words == "box 0: yours (0.6, 0.5, 0.2, 0.4), expected (0.5, 0.5, 0.2, 0.4)."
    ax = draw.compare_panels(right, right, "centres", "").axes[0]
    assert ax.patches[0].get_bbox().extents == pytest.approx((0.4, 0.3, 0.6, 0.7))


def test_pairs_are_lines_between_queries_and_objects():
    right = torch.tensor([[1, 0], [0, 1], [0, 0], [0, 0]], dtype=torch.uint8)
    yours = torch.tensor([[1, 0], [0, 0], [0, 1], [0, 0]], dtype=torch.uint8)
    ax = draw.compare_panels(yours, right, "pairs", "").axes[0]
    names = [text.get_text() for text in ax.texts]
    assert "query 2" in names and "query 3" not in names  # it has no pair in either
    assert sorted(line.get_linestyle() for line in ax.lines) == ["-", "-", "--"]
    words = draw.describe_difference(yours, right, "pairs")
    assert words == "object 1: yours query 2, expected query 1."


def test_terms_are_bars_with_their_numbers():
    right = {"class": torch.tensor(1.25), "total": torch.tensor(4.5)}
    figure, words = draw.compare_terms({"class": torch.tensor(1.25), "total": "none"}, right, "loss")
    assert words == "class: right; total: yours nan, expected 4.5."
    assert [bar.get_width() for bar in figure.axes[0].patches] == [1.25, 1.25, 0, 4.5]


@pytest.mark.parametrize(
    ("exercise", "slip", "words"),
    [
        ("box_cxcywh_to_xyxy", "full-side", "box 0: yours"),
        ("positional_encoding", "x-before-y", "of the numbers differ, most at"),
        ("matcher", "probability-as-cost", "expected query"),
        ("detr_loss", "weight-on-class-0", "the bbox loss for one layer: right"),
        ("cross_attention_maps", "column-by-column", "of the numbers differ, most at"),
        ("encoder_layer", "pos-on-values", "of the numbers differ, most at"),
    ],
)
def test_a_failing_check_draws_and_tells(notebook, exercise, slip, words):
    step = step_of(exercise)[0]
    [wrong] = [
        known for known in known_answers.slips(step) if known.id == slip and known.exercise == exercise
    ]
    symbol = {e.name: e.symbol for e in exercises_of(step)}[exercise]
    with pytest.raises(CheckFailed):
        check.check(exercise, answer(wrong.apply(code_cells(step)), step, symbol))
    [(bundle, _)] = notebook
    assert words in bundle["text/plain"] and "image/png" in bundle
