"""Draw what the notebooks show: images with boxes, heat maps, your answer beside the expected one.

    show(gallery([dataset[index] for index in range(4)]), alt="Four toy images with their boxes.")

One colour per class, names on the boxes instead of legends, an alt text on every figure.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Normal, Stroke
from torch import Tensor

from detrlab.figures.canvas import (
    INK,
    PALETTE,
    class_color,
    heatmap,
    image_grid,
    new_figure,
    show,
    to_array,
    to_png,
)
from detrlab.figures.panels import compare_panels, describe_difference
from detrlab.figures.set_panels import compare_terms
from detrlab.toy import CLASSES, Sample, six_images

__all__ = ["PALETTE", "class_color", "compare_panels", "compare_terms", "describe_difference"]
__all__ += ["gallery", "heatmap", "image_grid", "new_figure", "show", "six_so_far", "to_png", "visualize"]

Boxes = Mapping[str, Tensor]
Rect = tuple[float, float, float, float]

NAME_SIZE, NAME_PAD = 8, 0.12  # the font size in points, and the padding as a fraction of it


def visualize(
    image: Tensor,
    target: Boxes | None,
    ax: Axes | None = None,
    title: str | None = None,
    names: Sequence[str] = CLASSES,
) -> Axes:
    """Draw one image with its boxes, each in the colour of its class and with its name on it.

    Args:
        image: [3, H, W] in [0, 1].
        target: "boxes" [M, 4] (cx, cy, w, h) in [0, 1] of the image, "labels" [M] (or "classes",
            as `predict` calls them) and, optionally, "scores" [M] in [0, 1]. None: only the image.
        ax: where to draw; without it a figure is made (`ax.figure`).
        title: a few words above the image.
        names: the class names, in the order of the labels; if empty, no name is drawn.

    Returns:
        The axes.
    """
    if ax is None:
        ax = image_grid(1, 1, cell=384)[1][0]
    ax.imshow(to_array(image).transpose(1, 2, 0).clip(0, 1), interpolation="nearest")
    ax.set_axis_off()
    if title:
        ax.set_title(title, fontsize=9, loc="left", color=INK, pad=5)
    if target is not None:
        _draw_boxes(ax, target, names)
    return ax


def gallery(samples: Sequence[Sample], titles: Sequence[str] | None = None) -> Figure:
    """Draw samples (image [3, H, W], target) in a row, each with an optional title."""
    figure, axes = image_grid(1, len(samples))
    for ax, (image, target), title in zip(axes, samples, titles or [""] * len(samples), strict=True):
        visualize(image, target, ax, title)
    return figure


def six_so_far(detect: Callable[[Tensor], Sequence[Boxes]] | None = None, caption: str = "") -> None:
    """Show the six held-out images with what the model can do so far.

    Args:
        detect: turns images [6, 3, 128, 128] into six targets as `visualize` draws them; None shows the
            images alone.
        caption: a line above the images, which also opens the alt text.

    Raises:
        ValueError: if `detect` does not return six targets.
    """
    images, truths = zip(*six_images(), strict=True)
    found: Sequence[Boxes | None] = [None] * 6 if detect is None else detect(torch.stack(images))
    if len(found) != 6:
        raise ValueError(f"detect returns 6 targets, one for each image, but it returned {len(found)}.")
    figure, axes = image_grid(2, 3, header=32 if caption else 0)
    if caption:
        figure.suptitle(caption, x=0.0125, y=0.985, ha="left", va="top", fontsize=12, color=INK)
    sentences = []
    for number, (ax, image, truth, boxes) in enumerate(zip(axes, images, truths, found, strict=True), 1):
        words = _count(len(truth["labels"]), "object", "objects")
        if boxes is not None:
            words = f"{_count(len(boxes['boxes']), 'box', 'boxes')} drawn, {words} there"
        visualize(image, boxes, ax, title=f"{number}: {words}")
        kinds = ", ".join(CLASSES[label] for label in truth["labels"].tolist())
        sentences.append(f"Image {number}: {words} ({kinds}).")
    drawn = "without boxes" if detect is None else "with the boxes that the model draws"
    opening = f"{caption.rstrip('.')}. " if caption else ""
    show(figure, f"{opening}Six held-out toy images {drawn}. {' '.join(sentences)}")


def _count(number: int, singular: str, plural: str) -> str:
    """Write a number with its noun."""
    return f"{number} {singular if number == 1 else plural}"


def _draw_boxes(ax: Axes, target: Boxes, names: Sequence[str]) -> None:
    """Draw the finite boxes of a target, then each name where it hides least."""
    if names and ax.figure.get_layout_engine() is not None:
        ax.figure.canvas.figure.draw_without_rendering()  # the extent of a name depends on the layout
    right, bottom = ax.get_xlim()[1], ax.get_ylim()[0]
    boxes = to_array(target["boxes"]).reshape(-1, 4)
    centre, half = boxes[:, :2], boxes[:, 2:] / 2
    # Matplotlib draws pixel 0 from -0.5 to 0.5.
    size = np.array([right + 0.5, bottom + 0.5] * 2)
    corners = np.concatenate([centre - half, centre + half], axis=1) * size - 0.5
    labels = to_array(target["labels"] if "labels" in target else target["classes"]).astype(int)
    scores = to_array(target["scores"]) if "scores" in target else None
    finite = np.flatnonzero(np.isfinite(corners).all(axis=1)).tolist()
    rects: list[Rect] = [tuple(corners[index].tolist()) for index in finite]
    for index, (x0, y0, x1, y1) in zip(finite, rects, strict=True):
        outline = Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, linewidth=2)
        outline.set_edgecolor(class_color(labels[index]))
        # A white rim keeps every colour visible on every background.
        outline.set_path_effects([Stroke(linewidth=3.6, foreground="white"), Normal()])
        ax.add_patch(outline)
    written: list[Rect] = []
    for index, rect in zip(finite, rects, strict=True) if names else ():
        label = int(labels[index])
        words = names[label] if 0 <= label < len(names) else f"class {label}"
        if scores is not None:
            words += f" {scores[index]:.2f}"
        written.append(_write_name(ax, words, class_color(label), rect, rects, written))


def _write_name(
    ax: Axes, words: str, color: str, rect: Rect, rects: list[Rect], written: list[Rect]
) -> Rect:
    """Write a name at its box `rect`, inside the image, where it hides least; return its rectangle."""
    style = {"boxstyle": f"square,pad={NAME_PAD}", "facecolor": color, "edgecolor": "none"}
    ink = "white" if color == PALETTE[0] else "black"
    text = ax.annotate(words, (0, 0), (0, 0), textcoords="offset points", fontsize=NAME_SIZE, color=ink)
    text.set(bbox=style, zorder=4)
    extent = text.get_window_extent().transformed(ax.transData.inverted())
    pad = NAME_PAD * abs(extent.height)
    width, height = abs(extent.width) + 2 * pad, abs(extent.height) + 2 * pad
    right, bottom = ax.get_xlim()[1], ax.get_ylim()[0]
    x0, y0, x1, y1 = rect
    across = ((x0, "left"), (x1, "right"), ((x0 + x1) / 2, "center"), (x1, "left"), (x0, "right"))
    down = ((y0, "bottom"), (y1, "top"), (y0, "top"))
    places = {}
    for y, va in down:
        for x, ha in across:
            left = x - width * {"left": 0, "center": 0.5, "right": 1}[ha]
            top = y - height * (va == "bottom")
            # A name that would leave the image is moved to its border.
            x, ha, left = (-0.5, "left", -0.5) if left < -0.5 else (x, ha, left)
            x, ha, left = (right, "right", right - width) if left + width > right else (x, ha, left)
            y, va, top = (-0.5, "top", -0.5) if top < -0.5 else (y, va, top)
            y, va, top = (bottom, "bottom", bottom - height) if top + height > bottom else (y, va, top)
            places[left, top, left + width, top + height] = (x, ha, y, va)

    def hides(place: Rect) -> float:
        return 9 * sum(_shared(place, other) for other in written) + sum(
            _shared(place, other) for other in rects
        )

    best = min(places, key=hides)
    x, ha, y, va = places[best]
    # Anchored at a corner, a name stays at its box if the layout changes the size of the axes later.
    space = NAME_PAD * NAME_SIZE
    text.xy = (x, y)
    text.set_position(
        (space * {"left": 1, "center": 0, "right": -1}[ha], space * (1 if va == "bottom" else -1))
    )
    text.set(ha=ha, va=va)
    return best


def _shared(first: Rect, second: Rect) -> float:
    """Return the area that two rectangles (x0, y0, x1, y1) share."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    return max(width, 0.0) * max(height, 0.0)
