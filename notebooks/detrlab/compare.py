"""Draw your answer beside the expected one, when a check fails and a picture says more."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Normal, Stroke

from detrlab.figures import INK, PALETTE, Array, heatmap, new_figure, to_array

EXPECTED_COLOR, YOUR_COLOR = PALETTE[0], PALETTE[5]
MOST_NOTES = 3


def compare_panels(yours: object, expected: object, kind: str, title: str) -> Figure:
    """Draw your answer beside the expected one, as far as wrong shapes and NaN let it be drawn.

    Args:
        yours: what the learner's code returned.
        expected: the right answer. Of a stack [..., n, m] the matrix that differs most is drawn.
        kind: "boxes" (both [n, 4] xyxy, drawn over each other, yours dashed), "matrix" ([n, m],
            side by side with the difference; small ones with their numbers) or "map" ([H, W],
            side by side with the difference).
        title: a few words above the panels.

    Raises:
        ValueError: if kind is none of the three.
    """
    if kind not in ("boxes", "matrix", "map"):
        raise ValueError(f'kind is "boxes", "matrix" or "map", not {kind!r}.')
    mine, right = _as_array(yours), _as_array(expected)
    if kind == "boxes":
        figure = new_figure(5.4, 4.4)
        figure.suptitle(title, x=0.01, ha="left", fontsize=11, color=INK)
        _draw_both(figure.add_subplot(), mine, right, yours)
        return figure
    difference = None if mine is None or right is None or mine.shape != right.shape else mine - right
    where = () if difference is None else _worst_place(difference)
    if where:
        title += f", where they differ most: {list(where)}"
    rows, columns = (1, 1) if right is None else right.shape[-2:]
    figure = new_figure(9.6, 0.6 + min(2.6, max(0.9, 2.6 * rows / columns)))
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, color=INK)
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


def _as_array(values: object) -> Array | None:
    """Return values as an array of at least one row, or None where they are no numbers."""
    try:
        cells = np.atleast_2d(to_array(values))
    except (TypeError, ValueError, RuntimeError):
        return None
    # Matplotlib overflows on larger numbers.
    return np.where(np.abs(cells) < 1e30, cells, np.nan) if cells.size else None


def _worst_place(difference: Array) -> tuple[int, ...]:
    """Return the leading indices of the matrix, in a stack [..., n, m], with the largest difference."""
    gap = np.nan_to_num(np.abs(difference), nan=np.inf)
    return tuple(int(i) for i in np.unravel_index(gap.argmax(), gap.shape)[:-2])


def _rows(boxes: Array | None) -> Array | None:
    """Lay boxes [..., 4] out as rows."""
    return None if boxes is None else boxes.reshape(-1, boxes.shape[-1])


def _describe(values: object) -> str:
    """Say in a few words what cannot be drawn."""
    shape = getattr(values, "shape", None)
    return f"a {type(values).__name__}" if shape is None else f"a tensor {list(shape)}"


def _say(ax: Axes, words: str) -> None:
    """Write words where a picture would have been."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, words, ha="center", va="center", fontsize=9, color=INK, transform=ax.transAxes)


def _draw_matrix(
    ax: Axes, stack: Array | None, where: tuple[int, ...], name: str, kind: str, values: object
) -> None:
    """Draw one matrix of a stack (the first, if `where` is empty), or say what is there instead."""
    if stack is None:
        _say(ax, f"{name}: {_describe(values)},\nwhich is no {kind}.")
        return
    cells = stack[where or (0,) * (stack.ndim - 2)]
    missing = int((~np.isfinite(cells)).sum())
    note = f" ({missing} not finite, grey)" if missing else ""
    heatmap(cells, ax, name + note, symmetric=name.startswith("yours minus"))
    if kind == "matrix" and max(cells.shape) <= 7:
        for (row, column), value in np.ndenumerate(cells):
            number = ax.text(column, row, f"{value:.3g}", ha="center", va="center", fontsize=7.5)
            # A white rim keeps the digits legible on dark cells and on light ones.
            number.set_path_effects([Stroke(linewidth=2, foreground="white"), Normal()])


def _share_colors(axes: Sequence[Axes]) -> None:
    """Give the same value the same colour in all these panels."""
    pictures = [picture for ax in axes for picture in ax.images]
    limits = np.array([picture.get_clim() for picture in pictures])
    for picture in pictures:
        picture.set_clim(limits[:, 0].min(), limits[:, 1].max())


def _draw_both(ax: Axes, mine: Array | None, right: Array | None, values: object) -> None:
    """Draw the expected boxes in full lines and yours in dashes, each with its number."""
    notes = ["yours: dashed, number at the bottom right"]
    mine, right = _rows(mine), _rows(right)
    if mine is None or mine.shape[1] != 4:
        notes = [f"yours is {_describe(values)}, not [n, 4]: it cannot be drawn"]
        mine = None
    for boxes, color, line, corner in ((right, EXPECTED_COLOR, "-", 0), (mine, YOUR_COLOR, "--", 2)):
        for order, box in enumerate([] if boxes is None else boxes):
            if not np.isfinite(box).all():
                notes.append(f"box {order} of yours is not finite")
                continue
            x0, y0, x1, y1 = box
            ax.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, ec=color, ls=line, lw=2))
            number = ax.text(box[corner], box[corner + 1], str(order), color=color, fontsize=9)
            number.set(ha="left" if corner == 0 else "right", va="bottom" if corner == 0 else "top")
    if len(notes) > MOST_NOTES:
        notes = [*notes[: MOST_NOTES - 1], f"and {len(notes) - MOST_NOTES + 1} more like this"]
    lines = [*reversed(notes), "expected: full lines, number at the top left"]
    for line_number, words in enumerate(lines):
        color = YOUR_COLOR if line_number < len(notes) else EXPECTED_COLOR
        ax.text(0, 1.02 + 0.055 * line_number, words, color=color, fontsize=9, transform=ax.transAxes)
    ax.margins(0.06)
    ax.set_aspect("equal", anchor="W")
    ax.autoscale_view()
    ax.invert_yaxis()  # in images, y grows downwards
    ax.tick_params(labelsize=8, colors=INK)
    ax.spines[["top", "right"]].set_visible(False)
