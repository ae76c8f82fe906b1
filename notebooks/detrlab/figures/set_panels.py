"""Draw a learner's boxes, pairs and loss parts over or beside the expected ones."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from detrlab.figures.canvas import GREY, INK, PALETTE, Array, new_figure, to_array

EXPECTED_COLOR, YOUR_COLOR = PALETTE[0], PALETTE[5]
MOST_NOTES = 3


def corners(boxes: Array | None, kind: str) -> Array | None:
    """Return boxes [..., 4] as rows (x0, y0, x1, y1) [n, 4], or None if they are not of that shape.

    Args:
        boxes: corners, or centre and size; None if the answer was no array.
        kind: "boxes" for corners, "centres" for (cx, cy, w, h).
    """
    if boxes is None or boxes.shape[-1] != 4:
        return None
    rows = boxes.reshape(-1, 4)
    if kind == "boxes":
        return rows
    return np.concatenate([rows[:, :2] - rows[:, 2:] / 2, rows[:, :2] + rows[:, 2:] / 2], axis=1)


def draw_boxes(ax: Axes, mine: Array | None, right: Array | None, what: str) -> None:
    """Draw the expected boxes with full lines and the learner's with dashes, each with its number.

    Args:
        ax: where to draw.
        mine, right: [n, 4], (x0, y0, x1, y1); None if they cannot be drawn.
        what: in that case, what the learner's answer is instead.
    """
    notes = ["yours: dashed, number at the bottom right"]
    if mine is None:
        notes = [f"yours is {what}, not [n, 4]: it cannot be drawn"]
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


def describe_boxes(mine: Array, right: Array) -> str:
    """Return where the first boxes that differ are and should be; mine and right are [..., 4]."""
    pairs = zip(mine.reshape(-1, mine.shape[-1]), right.reshape(-1, right.shape[-1]), strict=True)
    different = [
        f"box {order}: yours {as_words(box)}, expected {as_words(expected)}"
        for order, (box, expected) in enumerate(pairs)
        if not np.allclose(box, expected, rtol=1e-4, atol=1e-5)
    ]
    more = f"; and {len(different) - MOST_NOTES} more" if len(different) > MOST_NOTES else ""
    return "; ".join(different[:MOST_NOTES]) + more + "."


def as_words(numbers: Array) -> str:
    """Return the numbers of a box [4] as text."""
    return f"({', '.join(f'{number:.3g}' for number in numbers)})"


def draw_pairs(ax: Axes, mine: Array, right: Array) -> None:
    """Draw queries on the left, objects on the right, and a line for each pair, grey if both have it.

    Args:
        ax: where to draw.
        mine, right: tables [N, M] of zeros and ones: 1 where a query is paired with an object.
    """
    queries = np.flatnonzero((mine + right).any(axis=1)).tolist()  # the others are unpaired in both
    n_objects = mine.shape[1]
    height = {query: -order for order, query in enumerate(queries)}
    middle = (len(queries) - n_objects) / 2
    for query in queries:
        ax.text(-0.03, height[query], f"query {query}", ha="right", va="center", fontsize=9, color=INK)
        for index in range(n_objects):
            given, wanted = bool(mine[query, index]), bool(right[query, index])
            color = GREY if given and wanted else YOUR_COLOR if given else EXPECTED_COLOR
            if given or wanted:
                line = "--" if given and not wanted else "-"
                ax.plot([0, 1], [height[query], -index - middle], line, color=color, lw=2, marker="o")
    for index in range(n_objects):
        ax.text(1.03, -index - middle, f"object {index}", va="center", fontsize=9, color=INK)
    notes = (("yours: dashed", YOUR_COLOR), ("expected: full lines", EXPECTED_COLOR))
    for order, (words, color) in enumerate((*notes, ("both: grey", "#777777"))):
        ax.text(0.36 * order, 1.03, words, color=color, fontsize=9, transform=ax.transAxes)
    ax.set(xlim=(-0.3, 1.3))
    ax.margins(y=0.12)
    ax.set_axis_off()


def describe_pairs(mine: Array, right: Array) -> str:
    """Return, for each object whose query differs, the learner's and the expected one.

    Args:
        mine, right: tables [N, M] of zeros and ones: 1 where a query is paired with an object.
    """

    def names(table: Array, index: int) -> str:
        found = np.flatnonzero(table[:, index]).tolist()
        return f"query {' and '.join(map(str, found))}" if found else "no query"

    different = [
        f"object {index}: yours {names(mine, index)}, expected {names(right, index)}"
        for index in range(mine.shape[1])
        if (mine[:, index] != right[:, index]).any()
    ]
    return "; ".join(different) + "."


def compare_terms(
    yours: Mapping[str, object], expected: Mapping[str, object], title: str
) -> tuple[Figure, str]:
    """Draw named numbers as bars, the learner's and the expected one; return the figure and its alt text.

    Args:
        yours: what the learner's code returned, by name; anything but a single number counts as NaN.
        expected: the right numbers, by name.
        title: a few words above the bars.
    """
    figure = new_figure(7.2, 0.8 + 0.62 * len(expected))
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, color=INK)
    ax = figure.add_subplot()
    words = []
    for row, (name, wanted) in enumerate(expected.items()):
        numbers = as_number(yours.get(name)), as_number(wanted)
        agree = bool(np.isclose(*numbers, rtol=1e-4, atol=1e-5))
        for number, color, place, whose in zip(
            numbers, (YOUR_COLOR, EXPECTED_COLOR), (0.19, -0.19), ("yours", "expected"), strict=True
        ):
            ax.barh(row + place, np.nan_to_num(number, posinf=0, neginf=0), 0.34, color=color)
            label = f" {whose} {number:.4g}" + (" ✓" if agree and whose == "yours" else "")
            ax.text(max(0, np.nan_to_num(number, posinf=0)), row + place, label, va="center", fontsize=8)
        verdict = "right" if agree else f"yours {numbers[0]:.4g}, expected {numbers[1]:.4g}"
        words.append(f"{name}: {verdict}")
    ax.set_yticks(range(len(expected)), list(expected), fontsize=9)
    ax.invert_yaxis()
    ax.margins(x=0.25)
    ax.tick_params(labelsize=8, colors=INK)
    ax.spines[["top", "right"]].set_visible(False)
    return figure, "; ".join(words) + "."


def as_number(value: object) -> float:
    """Return a single number as a float, anything else as NaN."""
    try:
        cells = to_array(value)
    except (TypeError, ValueError, RuntimeError):
        return float("nan")
    return float(cells) if cells.size == 1 else float("nan")
