"""Read and show the curves of trainings that ship with the course, in data/runs.

Each file holds what the live figure of a training shows (detrlab.figures.curves), the settings of the
training and its cost. `python -m autograder runs` repeats the trainings with the solutions, in hours.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from detrlab.figures.canvas import INK, PALETTE, new_figure, show
from detrlab.figures.curves import curve, draw_lines

RUNS = Path(__file__).parents[2] / "data" / "runs"
TITLES = {
    "class": "class loss",
    "bbox": "L1 loss",
    "giou": "GIoU loss",
    "AP": "AP",
    "AP50": "AP50",
    "matched_no_object": '"no object" on matched queries',
    "unmatched_no_object": '"no object" on the others',
    "largest_class": "largest real class",
    "silent": 'queries that say "no object"',
}
SHARES = ("AP", "AP50", "matched_no_object", "unmatched_no_object", "largest_class", "silent")


def read_run(name: str) -> dict[str, Any]:
    """Return a run: "losses" and "measures" (lists of points with "step"), "settings", "seconds", ...

    Raises:
        FileNotFoundError: naming the runs that exist, if there is none of this name.
    """
    path = RUNS / f"{name}.json"
    if not path.is_file():
        names = ", ".join(sorted(path.stem for path in RUNS.glob("*.json"))) or "none"
        raise FileNotFoundError(f"There is no run {name!r} in data/runs; there are: {names}.")
    return json.loads(path.read_text(encoding="utf-8"))


def show_runs(names: Mapping[str, str], keys: Sequence[str], alt: str) -> None:
    """Show several runs in one figure, a panel for each key.

    Args:
        names: the name of each run, by the label of its curve.
        keys: "class", "bbox", "giou" (losses), or "AP", "AP50", "matched_no_object",
            "unmatched_no_object", "largest_class", "silent" (shares 0..1 on the validation images).
        alt: what is drawn, in a sentence; values along the curves are added to it.

    Raises:
        FileNotFoundError: as `read_run` says.
    """
    runs = {words: read_run(name) for words, name in names.items()}
    figure = new_figure(3.2 * len(keys) if len(keys) > 1 else 4.6, 2.9)
    sentences = [alt, "At the start, half-way and at the end:"]
    for ax, key in zip(figure.subplots(1, len(keys), squeeze=False)[0], keys, strict=True):
        kept = "measures" if key in SHARES else "losses"
        lines = [(words, *curve(run[kept], key)) for words, run in runs.items()]
        draw_lines(ax, lines, PALETTE, TITLES[key], top=1.02 if key in SHARES else None)
        ax.set_xlabel("step", fontsize=8, color=INK)
        sentences.append(f"{TITLES[key]}: {'; '.join(f'{words} {along(ys)}' for words, _, ys in lines)}.")
    show(figure, " ".join(sentences))


def along(values: Sequence[float]) -> str:
    """Return the first, the middle and the last value of a curve, as text."""
    return ", ".join(f"{values[place]:.2f}" for place in (0, len(values) // 2, -1))
