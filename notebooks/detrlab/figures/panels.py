"""Draw a learner's answer beside the expected one, when a check fails and a figure helps."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal, Stroke

from detrlab.display import share
from detrlab.figures.canvas import INK, Array, heatmap, new_figure, to_array
from detrlab.figures.set_panels import corners, describe_boxes, describe_pairs, draw_boxes, draw_pairs

MATRICES = {"matrix": ("", ""), "map": ("", ""), "tokens": ("channel", "token")}  # with x and y labels
SETS = ("boxes", "centres", "pairs")


def compare_panels(yours: object, expected: object, kind: str, title: str) -> Figure:
    """Draw a learner's answer beside the expected one, as far as wrong shapes and NaN permit.

    Args:
        yours: what the learner's code returned.
        expected: the right answer. Of a stack [..., n, m] the matrix that differs most is drawn.
        kind: drawn side by side with the difference: "matrix" ([n, m], small ones with their numbers),
            "map" ([H, W]) or "tokens" ([L, d]). Drawn over each other: "boxes" ([n, 4] xyxy), "centres"
            ([n, 4] cxcywh) or "pairs" (a table [N, M] of zeros and ones: which query has which object).
        title: a few words above the panels.

    Raises:
        ValueError: if kind is none of these.
    """
    if kind not in (*MATRICES, *SETS):
        raise ValueError(f"kind is one of {', '.join((*MATRICES, *SETS))}, not {kind!r}.")
    mine, right = _as_array(yours), _as_array(expected)
    difference = None if mine is None or right is None or mine.shape != right.shape else mine - right
    if kind in ("boxes", "centres"):
        figure = _titled(5.4, 4.4, title)
        draw_boxes(figure.add_subplot(), corners(mine, kind), corners(right, kind), _describe(yours))
        return figure
    if kind == "pairs" and right is not None and difference is not None:
        figure = _titled(5.4, 4.4, title)
        draw_pairs(figure.add_subplot(), right + difference, right)
        return figure
    where = () if difference is None else _worst_place(difference)
    if where:
        title += f", where they differ most: {list(where)}"
    rows, columns = (1, 1) if right is None else right.shape[-2:]
    figure = _titled(9.6, 0.6 + min(2.6, max(0.9, 2.6 * rows / columns)), title)
    axes = figure.subplots(1, 3)
    _draw_matrix(axes[0], mine, where, "yours", kind, yours)
    _draw_matrix(axes[1], right, where, "expected", kind, expected)
    _share_colors(axes[:2])
    if difference is not None:
        _draw_matrix(axes[2], difference, where, "yours minus expected", kind, None)
    else:
        words = f"yours is {_describe(yours)},\nexpected {_describe(expected)}."
        _say(axes[2], f"No difference to draw:\n{words}")
    return figure


def describe_difference(yours: object, expected: object, kind: str) -> str:
    """Return in words what `compare_panels` draws for the same arguments, as alt text."""
    mine, right = _as_array(yours), _as_array(expected)
    if mine is None or right is None or mine.shape != right.shape:
        return f"Yours is {_describe(yours)}, expected {_describe(expected)}."
    if kind == "pairs":
        return describe_pairs(mine, right)
    if kind in SETS:
        return describe_boxes(mine, right)
    off = ~np.isclose(mine, right, rtol=1e-4, atol=1e-5)
    place = np.unravel_index(np.nan_to_num(np.abs(mine - right), nan=np.inf).argmax(), mine.shape)
    words = (
        f"{share(int(off.sum()), off.size)} of the numbers differ, most at {[int(i) for i in place]}: "
    )
    words += f"yours {mine[place]:.4g}, expected {right[place]:.4g}."
    rows = np.flatnonzero(off.any(axis=tuple(i for i in range(off.ndim) if i != off.ndim - 2)))
    if len(rows) < off.shape[-2]:
        words += f" Only rows {rows.tolist()} of {off.shape[-2]} are off."
    return words


def _titled(width: float, height: float, title: str) -> Figure:
    """Make a figure with a title at its top left."""
    figure = new_figure(width, height)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, color=INK)
    return figure


def _as_array(values: object) -> Array | None:
    """Return values as an array [..., n, m], or None if they are no numbers or empty."""
    try:
        cells = np.atleast_2d(to_array(values))
    except (TypeError, ValueError, RuntimeError):
        return None
    # Larger numbers overflow in Matplotlib.
    return np.where(np.abs(cells) < 1e30, cells, np.nan) if cells.size else None


def _worst_place(difference: Array) -> tuple[int, ...]:
    """Return the leading indices of the matrix, in a stack [..., n, m], with the largest difference."""
    gap = np.nan_to_num(np.abs(difference), nan=np.inf)
    return tuple(int(i) for i in np.unravel_index(gap.argmax(), gap.shape)[:-2])


def _describe(values: object) -> str:
    """Return in a few words what a value is that cannot be drawn."""
    shape = getattr(values, "shape", None)
    return f"a {type(values).__name__}" if shape is None else f"a tensor {list(shape)}"


def _say(ax: Axes, words: str) -> None:
    """Write words in the place of a picture."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, words, ha="center", va="center", fontsize=9, color=INK, transform=ax.transAxes)


def _draw_matrix(
    ax: Axes, stack: Array | None, where: tuple[int, ...], name: str, kind: str, values: object
) -> None:
    """Draw the matrix at `where` of a stack [..., n, m], or write what is there instead."""
    if stack is None:
        _say(ax, f"{name}: {_describe(values)},\nwhich cannot be drawn.")
        return
    cells = stack[where or (0,) * (stack.ndim - 2)]
    missing = int((~np.isfinite(cells)).sum())
    note = f" ({missing} not finite, grey)" if missing else ""
    heatmap(cells, ax, name + note, symmetric=name.startswith("yours minus"))
    across, down = MATRICES.get(kind, ("object", "query"))
    ax.set_xlabel(across, fontsize=9)
    ax.set_ylabel(down, fontsize=9)
    if kind == "matrix" and max(cells.shape) <= 7:
        for (row, column), value in np.ndenumerate(cells):
            number = ax.text(column, row, f"{value:.3g}", ha="center", va="center", fontsize=7.5)
            # A white rim keeps the digits legible on dark cells and on light ones.
            number.set_path_effects([Stroke(linewidth=2, foreground="white"), Normal()])


def _share_colors(axes: Sequence[Axes]) -> None:
    """Use one colour scale in all these panels."""
    pictures = [picture for ax in axes for picture in ax.images]
    limits = np.array([picture.get_clim() for picture in pictures])
    for picture in pictures:
        picture.set_clim(limits[:, 0].min(), limits[:, 1].max())
