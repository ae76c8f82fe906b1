"""The live figure of a training: loss parts, AP, other measures, and what is found in one image."""

from collections.abc import Sequence
from typing import Any

import torch
from matplotlib.axes import Axes
from torch import nn

from detrlab.ap import detections, eval_mode
from detrlab.display import notebook_display
from detrlab.figures.canvas import INK, PALETTE, new_figure, show
from detrlab.toy import Sample, six_images

Line = tuple[str, list[float], list[float]]

PICTURED = 1  # which of the six images
FILM = 6  # pictures in the row of them, at most
SHOWN = 0.5  # the score from which a box is drawn
LINES = {
    "matched_no_object": ('"no object", matched', PALETTE[0]),
    "unmatched_no_object": ('"no object", unmatched', PALETTE[5]),
    "largest_class": ("largest real class", PALETTE[2]),
    "silent": ('queries that say "no object"', PALETTE[3]),
}


class Curves:
    """What has been recorded of a training, and its figure.

    Attributes:
        losses: points of the loss curves: "step" and the mean of each loss part.
        measures: points of the other curves: "step", AP and what `watch` returns.
        pictures: "step" and the boxes, classes and scores found in one image, as lists.
    """

    def __init__(self) -> None:
        self.losses: list[dict[str, float]] = []
        self.measures: list[dict[str, float]] = []
        self.pictures: list[dict[str, Any]] = []
        self.place = f"training-{id(self)}"  # the output that each new drawing replaces

    def to_data(self) -> dict[str, Any]:
        """Return what has been recorded, as plain data."""
        return {"losses": self.losses, "measures": self.measures, "pictures": self.pictures}

    def from_data(self, data: dict[str, Any]) -> None:
        """Restore what `to_data` returned."""
        self.losses, self.measures = data["losses"], data["measures"]
        self.pictures = data["pictures"]

    @torch.no_grad()
    def take_picture(self, model: nn.Module, step: int) -> None:
        """Record what the model finds in one of the six held-out images; its mode is restored."""
        image, _ = six_images()[PICTURED]
        with eval_mode(model):
            found = detections(model(image[None].to(next(model.parameters()).device)))[0]
        clear = found["scores"] >= SHOWN
        self.pictures.append({"step": step, **{k: v[clear].tolist() for k, v in found.items()}})

    def draw(self, num_steps: int) -> None:
        """Show the figure in a notebook, in the place of the previous one; elsewhere do nothing.

        Args:
            num_steps: the length of the training, where the axes end.
        """
        if notebook_display() is None:
            return
        figure = new_figure(9.6, 4.6 if self.pictures else 2.7)
        rows: Any = figure.subfigures(2, 1, height_ratios=[2.6, 1.9]) if self.pictures else [figure]
        axes = rows[0].subplots(1, 3)
        parts = [(name, *curve(self.losses, name)) for name in ("class", "bbox", "giou")]
        watched = [(name, *curve(self.measures, key)) for key, (name, _) in LINES.items()]
        scores = [(name, *curve(self.measures, name)) for name in ("AP50", "AP")]
        draw_lines(axes[0], parts, PALETTE, "loss parts, last layer")
        draw_lines(axes[1], watched, [color for _, color in LINES.values()], "what to watch", top=1.02)
        draw_lines(axes[2], scores, PALETTE, "on the validation images", top=1.02)
        for ax in axes:
            ax.set(xlim=(0, num_steps), xticks=[0, num_steps // 2, num_steps])
            ax.set_box_aspect(0.9)
        if self.pictures:
            self.draw_film(rows[1])
        show(figure, self.words(), place=self.place)

    def draw_film(self, row: Any) -> None:
        """Draw the image with its recorded boxes, at up to FILM steps, evenly spread."""
        from detrlab.draw import visualize  # imported here, since draw imports the figures

        last = len(self.pictures) - 1
        chosen = sorted({round(last * number / (FILM - 1)) for number in range(FILM)})
        image, _ = six_images()[PICTURED]
        for ax, index in zip(row.subplots(1, FILM), chosen + [None] * FILM, strict=False):
            ax.set_axis_off()
            if index is not None:
                picture = self.pictures[index]
                found = {k: torch.tensor(picture[k]) for k in ("boxes", "classes")}
                visualize(image, found, ax, f"step {picture['step']}", names=())

    def words(self) -> str:
        """Return the alt text of the figure."""
        point = self.losses[-1]
        parts = ", ".join(f"{name} {point[name]:.3f}" for name in ("class", "bbox", "giou"))
        words = f"Training curves. At step {point['step']}: loss parts {parts}."
        if self.measures:
            measured = self.measures[-1]
            words += (
                f" At step {measured['step']}: AP {measured['AP']:.2f}, AP50 {measured['AP50']:.2f}; "
                + ", ".join(f"{name} {measured[key]:.2f}" for key, (name, _) in LINES.items())
                + ". Below, one of the six images with the boxes found at several steps."
            )
        return words


def curve(points: Sequence[dict[str, float]], key: str) -> tuple[list[float], list[float]]:
    """Return the steps and the values of one key, from a list of points."""
    return [point["step"] for point in points], [point[key] for point in points]


def draw_lines(
    ax: Axes, lines: Sequence[Line], colors: Sequence[str], title: str, top: float | None = None
) -> None:
    """Draw curves, each with its name at its end; the names do not overlap.

    Args:
        ax: where to draw.
        lines: (name, steps, values) of each curve.
        colors: of the curves, in this order.
        title: a few words above the axes.
        top: where the y axis ends; None leaves that to Matplotlib.
    """
    for (_, steps, values), color in zip(lines, colors, strict=False):
        ax.plot(steps, values, color=color, marker="." if len(steps) < 15 else "", linewidth=1.4)
    ax.set_ylim(0, top)
    gap = 0.075 * ax.get_ylim()[1]
    height = -gap
    ended = [
        (values[-1], steps[-1], name, color)
        for (name, steps, values), color in zip(lines, colors, strict=False)
        if values
    ]
    for value, step, name, color in sorted(ended):
        height = max(value, height + gap)
        style: dict[str, Any] = {"textcoords": "offset points", "va": "center", "fontsize": 8}
        ax.annotate(name, (step, height), (5, 0), color=color, annotation_clip=False, **style)
    ax.set_title(title, fontsize=9, loc="left", color=INK)
    ax.tick_params(labelsize=8, colors=INK)
    ax.spines[["top", "right"]].set_visible(False)


@torch.no_grad()
def watch(
    model: nn.Module, matcher: nn.Module, samples: Sequence[Sample], device: torch.device
) -> dict[str, float]:
    """Return measures that distinguish a training that works from one that does not, each in 0..1.

    Args:
        model: a DETR; its mode is restored.
        matcher: as in step 6.
        samples: B samples (image [3, H, W], target), all images of one size.
        device: of the model.

    Returns:
        matched_no_object, unmatched_no_object: the mean probability of "no object" on queries that
            the matcher paired with an object, and on the others.
        largest_class: the largest probability of a real class in an image, mean over the images.
        silent: the share of queries whose most probable class is "no object".
    """
    with eval_mode(model):
        outputs = model(torch.stack([image for image, _ in samples]).to(device))
    targets = [{k: v.to(device) for k, v in target.items()} for _, target in samples]
    probabilities = outputs["pred_logits"].softmax(-1).cpu()
    matched = torch.zeros(probabilities.shape[:2], dtype=torch.bool)
    for image, (queries, _) in enumerate(matcher(outputs, targets)):
        matched[image, queries] = True
    no_object = probabilities[..., -1]
    return {
        "matched_no_object": no_object[matched].mean().item(),
        "unmatched_no_object": no_object[~matched].mean().item(),
        "largest_class": probabilities[..., :-1].amax((1, 2)).mean().item(),
        "silent": (probabilities.argmax(-1) == probabilities.shape[-1] - 1).float().mean().item(),
    }
