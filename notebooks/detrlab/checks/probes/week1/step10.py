"""Probes of notebook 10."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from detrlab.checks.comparing import kind
from detrlab.checks.errors import CheckAborted
from detrlab.checks.probes.given import given
from detrlab.checks.probing import Case, Observation, probe

FIELDS = ("query_indices", "classes", "scores", "boxes")
DROPOUT = "In eval mode it is right: does the model run in eval mode, whatever mode it came in?"
PARTS = "It is built on your predict and cross_attention_maps: do their checks pass?"


def detector(learner: Any, case: Case) -> Any:
    """Build the case's small detector in the process of the learner's code."""
    model = given(learner, "SmallDetector")(**case["config"])
    model.load_state_dict(case["weights"])
    return model


def left_behind(model: Any, mode: str, image: Tensor) -> Iterator[Observation]:
    """Observe what a call with image [3, H, W] has left behind on a model that came in this mode."""
    traces = model.traces()
    yield f"the mode of a model that came in {mode} mode, after the call,", traces["mode"]
    yield f"the number of hooks that the call has added to it (in {mode} mode)", traces["hooks"]
    yield f"the number of its modules whose forward is replaced (in {mode} mode)", traces["replaced"]
    yield f"the number of its parameters that are frozen now (in {mode} mode)", traces["frozen"]
    yield f"what the model itself predicts then (in {mode} mode)", model(image[None])["pred_logits"]


@probe(draw="centres")
def predict(function: Any, case: Case) -> Iterator[Observation]:
    """Predict on one image [3, H, W], at several thresholds and in both modes."""
    model = detector(function, case)
    model.eval()
    found = function(model, case["image"])
    yield "what predict returns", described(found)
    if described(found) != described(dict.fromkeys(FIELDS)):
        return
    yield from look_at(found, "")
    for threshold in case["thresholds"]:
        found = function(model, case["image"], score_threshold=threshold)
        yield from look_at(found, f" with score_threshold={threshold}")
    yield from left_behind(model, "eval", case["image"])
    model.train()
    found = function(model, case["image"])
    yield from look_at(found, " of a model in training mode", DROPOUT)
    yield from left_behind(model, "training", case["image"])
    found = function(model, case["image"].requires_grad_())
    yield "whether a gradient is tracked", any(found[name].requires_grad for name in FIELDS)


def look_at(found: dict, where: str, advice: str = "") -> Iterator[Observation]:
    """Observe the fields, sorted by query."""
    order = found["query_indices"]
    sortable = torch.is_tensor(order) and order.dim() == 1
    for name in FIELDS:
        value = found[name]
        if sortable and torch.is_tensor(value) and value.dim() and len(value) == len(order):
            value = value[order.argsort()]
        yield name + where, value, advice


def described(found: Any) -> str:
    """Return in words what an object is: a dict with its keys, or the type of anything else."""
    if not isinstance(found, dict):
        return "nothing" if found is None else f"a {kind(found)}"
    return f"a dict with {', '.join(sorted(map(str, found)))}"


@probe(draw="map")
def cross_attention_maps(function: Any, case: Case) -> Iterator[Observation]:
    """Get the maps of one image: twice, in both modes, for all heads, and from a model that raises.

    Raises:
        CheckAborted: if a call could not be made.
    """
    model, image = detector(function, case), case["image"]
    model.eval()
    maps = function(model, image)
    yield "what cross_attention_maps returns", kind(maps)
    if not torch.is_tensor(maps):
        return
    yield "the shape of the maps", list(maps.shape), "The order is layers, queries, H', W'."
    if maps.shape[-1] == image.shape[-1]:
        return  # maps of the size of the image: their shape has been reported
    yield "the sum of each map", maps.flatten(2).sum(-1) if maps.dim() == 4 else maps.sum()
    yield "the tensor of maps", maps
    yield from left_behind(model, "eval", case["image"])
    again = function(model, image)
    yield "the shape of the maps of a second call", list(again.shape)
    of_heads = function(model, image, heads=True)
    yield "the shape of the maps with heads=True", list(of_heads.shape)
    yield "the tensor of maps with heads=True", of_heads
    model.train()
    yield "the tensor of maps of a model in training mode", function(model, image), DROPOUT
    yield from left_behind(model, "training", case["image"])
    yield "whether a gradient is tracked", function(model, image.clone().requires_grad_()).requires_grad
    try:
        function(model, image.fill_(torch.nan))
    except CheckAborted:
        raise
    except Exception:
        raised = True
    else:
        raised = False
    yield "whether an error of the model comes through", raised
    left = model.traces()
    yield "the number of hooks that were added to a model that raised an error", left["hooks"]
    yield "the number of modules whose forward is replaced in a model that raised", left["replaced"]
    yield "the mode of a model that came in training mode and raised an error", left["mode"]


@probe()
def predict_and_visualize(function: Any, case: Case) -> Iterator[Observation]:
    """Draw the figure; observe the images, boxes and heat maps in its panels."""
    model, kept = detector(function, case), case["kept"]
    model.eval()
    figure = function(model, case["image"], score_threshold=case["score_threshold"])
    yield "what predict_and_visualize returns", kind(figure)
    if kind(figure) != "Figure":
        return
    panels = [Panel(axes) for axes in figure.axes]
    pictures = [panel for panel in panels if panel.pictures]
    yield "the number of panels that show the image", min(len(pictures), kept + 1)
    boxes = max((panel.boxes for panel in panels), default=0)
    yield "the number of boxes in the panel that has most", min(boxes, kept) if kept else boxes, PARTS
    maps = [panel for panel in panels if panel.maps]
    yield "the number of panels with a heat map", len(maps), PARTS
    yield "the number of heat maps with no image below them", sum(not panel.pictures for panel in maps)
    both = [panel for panel in maps if panel.pictures]
    yield "the number of heat maps that do not reach over the whole image", sum(map(misplaced, both))
    yield "the number of heat maps that are turned over", sum(map(turned, both))
    yield "the number of heat maps that hide the image", sum(not panel.see_through for panel in both)
    yield "the number of heat maps that the image hides", sum(panel.is_covered for panel in both)
    peaks = sorted(panel.peak(*model.backbone(case["image"][None]).shape[-2:]) for panel in maps)
    yield "the brightest cells (row, column) of the heat maps", peaks, PARTS


class Panel:
    """What one pair of axes shows: pictures [H, W, 3 or 4], heat maps [H', W'] and boxes."""

    def __init__(self, axes: Any) -> None:
        children = axes.get_children()
        shown = [child for child in children if kind(child) == "AxesImage"]
        self.pictures = [image for image in shown if len(image.get_array().shape) == 3]
        self.maps = [image for image in shown if len(image.get_array().shape) == 2]
        self.boxes = sum(kind(child) == "Rectangle" for child in children) - 1  # one is the background
        self.see_through = any(lets_through(image.get_alpha()) for image in shown)
        opaque = [image for image in self.pictures if not lets_through(image.get_alpha())]
        heights = {id(image): (image.get_zorder(), place) for place, image in enumerate(shown)}
        self.is_covered = any(
            heights[id(image)] > heights[id(heat)] for image in opaque for heat in self.maps
        )

    def peak(self, rows: int, columns: int) -> list[int]:
        """Return [row, column] of the heat map's largest value, in a grid of rows x columns cells."""
        values = torch.tensor(self.maps[0].get_array().tolist())
        row, column = divmod(int(values.argmax()), values.shape[1])
        height, width = values.shape
        return [int((row + 0.5) * rows / height), int((column + 0.5) * columns / width)]


def misplaced(panel: Panel) -> bool:
    """Return whether edges of heat map and picture are more than a pixel apart, upside down or not."""
    pairs = zip(edges(panel.maps[0]), edges(panel.pictures[0]), strict=True)
    return any(far_apart(sorted(ours), sorted(theirs)) for ours, theirs in pairs)


def turned(panel: Panel) -> bool:
    """Return whether the heat map is flipped against the picture, in rows or columns."""
    pairs = zip(edges(panel.maps[0]), edges(panel.pictures[0]), strict=True)
    return any((ours[0] < ours[1]) != (theirs[0] < theirs[1]) for ours, theirs in pairs)


def edges(image: Any) -> list[list[float]]:
    """Return [x before the first column, x after the last], and likewise y of the rows."""
    left, right, bottom, top = map(number, image.get_extent())
    return [[left, right], [bottom, top] if image.origin == "lower" else [top, bottom]]


def far_apart(ours: list[float], theirs: list[float]) -> bool:
    """Return whether two pairs of edges differ by more than a pixel."""
    return any(abs(our - their) > 1 for our, their in zip(ours, theirs, strict=True))


def lets_through(alpha: Any) -> bool:
    """Return whether an opacity is below 1; an array, one for each cell, is assumed to be."""
    return number(alpha) < 1 if kind(alpha) in ("int", "float", "float64") else alpha is not None


def number(value: Any) -> float:
    """Return a plain number for one of NumPy's, which may be a proxy of one in another process."""
    return value if isinstance(value, int | float) else value.item()
