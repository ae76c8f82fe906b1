"""Show a figure with its alt text, and draw the two things every figure here is made of.

Figures are made as objects (`new_figure`), never through pyplot: nothing switches a backend and
nothing stays in memory once it has been shown. Import these names from `detrlab.draw`.
"""

import base64
import html
import io
import sys
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Normal, Stroke
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from detrlab.toy import CLASSES

# Okabe and Ito's palette: told apart with every common kind of colour blindness.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
GREY = "#767676"
INK = "#222222"
DPI = 100

Array = NDArray[np.float64]
Rect = tuple[float, float, float, float]


def class_color(label: int) -> str:
    """Return the one colour of a class, the same in every figure of the week."""
    return PALETTE[label % len(PALETTE)]


def new_figure(width: float, height: float, layout: str | None = "constrained") -> Figure:
    """Make a white figure, width x height in inches, that no global list keeps alive."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def image_grid(
    rows: int, columns: int, cell: int = 256, header: int = 0
) -> tuple[Figure, list[Axes]]:
    """Make a grid of square axes of exactly `cell` pixels, so that 128 px images stay crisp."""
    gap, title = 10, 22
    width = columns * cell + (columns + 1) * gap
    height = header + rows * (cell + title) + gap
    figure = new_figure(width / DPI, height / DPI, layout=None)
    axes = []
    for row in range(rows):
        for column in range(columns):
            left = gap + column * (cell + gap)
            bottom = height - header - (row + 1) * (cell + title)
            place = (left / width, bottom / height, cell / width, cell / height)
            axes.append(figure.add_axes(place))
    return figure, axes


def to_array(values: object) -> Array:
    """Turn a tensor (any device, type or gradient), an array or nested lists into float64."""
    return torch.as_tensor(values).detach().to("cpu", torch.float64).numpy()


def to_png(fig: Figure) -> bytes:
    """Render a figure; 256 colours keep the committed notebooks small."""
    buffer, small = io.BytesIO(), io.BytesIO()
    fig.savefig(buffer, format="png", facecolor=fig.get_facecolor())
    picture = Image.open(buffer).convert("RGB")
    picture.quantize(256, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def show(fig: Figure, alt: str) -> None:
    """Display a figure in the notebook with its alt text, then close it.

    JupyterLab and nbconvert put an alt text on no PNG output, so the picture goes in as HTML,
    where <img alt> is honoured. The bare PNG stands beside it for tools that drop HTML, and the
    words alone are for terminals. In a plain `python script.py` run the figure is only closed.

    Args:
        fig: the figure.
        alt: what the figure shows, in a sentence or two, for those who do not see it.

    Raises:
        ValueError: if alt is empty.
    """
    if not alt.strip():
        raise ValueError("show() needs an alt text: say in one sentence what the figure shows.")
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        png = base64.b64encode(to_png(fig)).decode("ascii")
        picture = f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{png}">'
        bundle = {"text/html": picture, "image/png": png, "text/plain": alt}
        ipython.display.display(bundle, metadata={"image/png": {"alt": alt}}, raw=True)
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(fig)
    fig.clear()


def visualize(
    image: Tensor,
    target: Mapping[str, Tensor] | None,
    ax: Axes | None = None,
    title: str | None = None,
    names: Sequence[str] = CLASSES,
) -> Axes:
    """Draw one image with its boxes, each in the colour of its class and with its name on it.

    Args:
        image: [3, H, W] in [0, 1].
        target: "boxes" [M, 4] (cx, cy, w, h) in [0, 1] of the image, "labels" [M] (or "classes",
            as `predict` calls them) and, if there are any, "scores" [M]. None draws the image only.
        ax: where to draw; without it a figure is made (`ax.figure`).
        title: a few words above the image.
        names: the class names, in the order of the labels.

    Returns:
        The axes.
    """
    if ax is None:
        ax = image_grid(1, 1, cell=384)[1][0]
    ax.imshow(to_array(image).transpose(1, 2, 0).clip(0, 1), interpolation="nearest")
    ax.set_axis_off()
    if title:
        ax.set_title(title, fontsize=9, loc="left", color=INK, pad=4)
    if target is not None:
        _draw_boxes(ax, target, names)
    return ax


def _draw_boxes(ax: Axes, target: Mapping[str, Tensor], names: Sequence[str]) -> None:
    """Draw the finite boxes of a target, then their labels where they hide least."""
    right, bottom = ax.get_xlim()[1], ax.get_ylim()[0]
    boxes = to_array(target["boxes"]).reshape(-1, 4)
    centre, half = boxes[:, :2], boxes[:, 2:] / 2
    # Pixel 0 is drawn from -0.5 to 0.5, hence the half pixel.
    corners = np.concatenate([centre - half, centre + half], 1) * (
        np.array([right, bottom] * 2) + 0.5
    )
    corners = corners - 0.5
    labels = to_array(target["labels"] if "labels" in target else target["classes"]).astype(int)
    finite = np.flatnonzero(np.isfinite(corners).all(1))
    taken: list[Rect] = []
    for index in finite:
        x0, y0, x1, y1 = corners[index]
        outline = Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, linewidth=2)
        outline.set_edgecolor(class_color(labels[index]))
        # A white rim keeps every colour visible on every background.
        outline.set_path_effects([Stroke(linewidth=3.6, foreground="white"), Normal()])
        ax.add_patch(outline)
        taken.append((x0, y0, x1, y1))
    for order, index in enumerate(finite):
        label = int(labels[index])
        words = names[label] if 0 <= label < len(names) else f"class {label}"
        if "scores" in target:
            words += f" {float(target['scores'][index]):.2f}"
        others = taken[:order] + taken[order + 1 :]
        taken.append(_draw_label(ax, words, class_color(label), taken[order], others))


def _draw_label(ax: Axes, words: str, color: str, box: Rect, others: list[Rect]) -> Rect:
    """Write a label on or beside its box, inside the image, where it covers least of the others."""
    x0, y0, x1, y1 = box
    style = {
        "boxstyle": "square,pad=0.12",
        "facecolor": color,
        "edgecolor": "white",
        "linewidth": 0.8,
    }
    ink = "white" if color == PALETTE[0] else "black"
    label = ax.text(0, 0, words, fontsize=8, color=ink, va="bottom", bbox=style, zorder=4)
    extent = label.get_window_extent().transformed(ax.transData.inverted())
    pad = 0.15 * abs(extent.height)
    width, height = abs(extent.width) + 2 * pad, abs(extent.height) + 2 * pad
    right, bottom = ax.get_xlim()[1], ax.get_ylim()[0]
    places = []
    for y in (y0 - height, y1, y0):
        for x in (x0, x1 - width, (x0 + x1 - width) / 2, x1, x0 - width):
            left, top = min(max(x, -0.5), right - width), min(max(y, -0.5), bottom - height)
            places.append((left, top, left + width, top + height))
    best = min(places, key=lambda place: sum(_shared(place, o) for o in [*others, box]))
    label.set_position((best[0] + pad, best[3] - pad))
    return best


def _shared(first: Rect, second: Rect) -> float:
    """Return the area that two rectangles (x0, y0, x1, y1) share."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    return max(width, 0.0) * max(height, 0.0)


def heatmap(
    values: object, ax: Axes | None = None, title: str | None = None, symmetric: bool = False
) -> Axes:
    """Draw a matrix in colours whose steps look equal, with a small colour bar.

    Args:
        values: [H, W]; cells that are not finite are left grey.
        ax: where to draw; without it a figure is made (`ax.figure`).
        title: a few words above the map.
        symmetric: True for values around 0 (white), such as encodings and differences.

    Returns:
        The axes.
    """
    if ax is None:
        ax = new_figure(4.2, 3.6).add_subplot()
    cells = np.ma.masked_invalid(to_array(values))
    limit = float(abs(cells).max()) if cells.count() else 1.0
    low, high = (-limit, limit) if symmetric else (None, None)
    ax.set_facecolor("#BBBBBB")
    drawn = ax.imshow(cells, "RdBu_r" if symmetric else "viridis", vmin=low, vmax=high)
    ax.set_xticks([])
    ax.set_yticks([])
    if title:
        ax.set_title(title, fontsize=9, loc="left", color=INK)
    figure = ax.get_figure()
    assert figure is not None
    bar = figure.colorbar(drawn, ax=ax, fraction=0.046, pad=0.03)
    bar.ax.locator_params(nbins=3)
    bar.ax.tick_params(labelsize=8, length=2)
    bar.outline.set_visible(False)
    return ax
