"""Make figures, colour a matrix, and show figures with their alt text.

Figures are made as objects (`new_figure`), never through pyplot: nothing switches a backend and
nothing stays in memory once it has been shown. Import these names from `detrlab.draw`.
"""

import base64
import html
import io
import sys

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from detrlab.display import notebook_display

# Okabe and Ito's palette: distinguishable with every common kind of colour blindness.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")
GREY = "#BBBBBB"
INK = "#222222"
DPI = 100
LARGE_PNG = 60_000  # bytes

Array = NDArray[np.float64]
_PLACES: set[str] = set()  # the names that `show` has used


def class_color(label: int) -> str:
    """Return the one colour of a class, the same in every figure of the week."""
    return PALETTE[label % len(PALETTE)]


def new_figure(width: float, height: float, arranged: bool = True) -> Figure:
    """Make a white figure, width x height in inches, that no global list keeps alive.

    If `arranged`, Matplotlib's constrained layout places axes and titles.
    """
    figure = Figure(
        figsize=(width, height), dpi=DPI, layout="constrained" if arranged else None, facecolor="white"
    )
    FigureCanvasAgg(figure)
    return figure


def image_grid(rows: int, columns: int, cell: int = 256, header: int = 0) -> tuple[Figure, list[Axes]]:
    """Make a grid of square axes below a header; return the figure and the axes, row by row.

    Args:
        rows, columns: of the grid.
        cell: width and height of the axes in pixels; at a multiple of 128 toy images stay sharp.
        header: height of the header in pixels.
    """
    gap, title = 10, 22
    width = columns * (cell + gap) + gap
    height = header + rows * (title + cell) + gap
    figure = new_figure(width / DPI, height / DPI, arranged=False)
    axes = []
    for row in range(rows):
        for column in range(columns):
            left, bottom = gap + column * (cell + gap), height - header - (row + 1) * (title + cell)
            place = (left / width, bottom / height, cell / width, cell / height)
            axes.append(figure.add_axes(place))
    return figure, axes


def to_array(values: object) -> Array:
    """Turn a tensor on any device, an array or nested lists [...] into a float64 array [...]."""
    return torch.as_tensor(values).detach().to("cpu", torch.float64).numpy()


def to_png(fig: Figure) -> bytes:
    """Render a figure as PNG; large pictures are reduced to 256 colours, so that notebooks stay small."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", facecolor=fig.get_facecolor())
    if buffer.tell() > LARGE_PNG:
        picture = Image.open(buffer).convert("RGB").quantize(256, dither=Image.Dither.NONE)
        buffer = io.BytesIO()
        picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def show(fig: Figure, alt: str, place: str | None = None) -> None:
    """Display a figure in the notebook with its alt text, then close it.

    JupyterLab and nbconvert give a PNG output no alt text, so the picture goes in as HTML, where
    <img alt> is honoured. The bare PNG stands beside it for tools that drop HTML, and the words
    alone are for terminals. In a plain `python script.py` run nothing is shown.

    Args:
        fig: the figure.
        alt: what the figure shows, in a sentence or two, for those who cannot see it.
        place: a name; a later figure shown with the same name replaces this one.

    Raises:
        ValueError: if alt is empty.
    """
    if not alt.strip():
        raise ValueError("show() needs an alt text: say in one sentence what the figure shows.")
    display = notebook_display()
    if display is not None:
        png = base64.b64encode(to_png(fig)).decode("ascii")
        picture = f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{png}">'
        bundle = {"text/html": picture, "image/png": png, "text/plain": alt}
        metadata = {"image/png": {"alt": alt}}
        options = {"display_id": place, "update": place in _PLACES} if place else {}
        display(bundle, metadata=metadata, raw=True, **options)
        if place:
            _PLACES.add(place)
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(fig)
    fig.clear()


def heatmap(
    values: object, ax: Axes | None = None, title: str | None = None, symmetric: bool = False
) -> Axes:
    """Draw a matrix as a heat map with a small colour bar.

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
    limit = (float(abs(cells).max()) if cells.count() else 0.0) or 1.0
    low, high = (-limit, limit) if symmetric else (None, None)
    drawn = ax.imshow(cells, "RdBu_r" if symmetric else "viridis", vmin=low, vmax=high)
    ax.set(facecolor=GREY, xticks=[], yticks=[])
    ax.spines[:].set_color(GREY)
    if title:
        ax.set_title(title, fontsize=9, loc="left", color=INK)
    bar = ax.figure.colorbar(drawn, cax=ax.inset_axes((1.03, 0, 0.04, 1)))
    bar.ax.locator_params(nbins=4)
    bar.ax.tick_params(labelsize=8, length=2, color=INK, labelcolor=INK)
    bar.outline.set_visible(False)
    return ax
