"""Measure detections as COCO does: average precision (AP), by pycocotools."""

import contextlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from detrlab.targets import validate
from detrlab.toy import CLASSES, Sample, Target

Detections = Mapping[str, Tensor]

MOST_QUERIES = 1000
FULL_POINTS = 0.6  # well below what the default training reaches (notebook 09)


def average_precision(
    found: Sequence[Detections], targets: Sequence[Target], num_classes: int = len(CLASSES)
) -> dict[str, float]:
    """Return AP (the mean over IoU thresholds 0.50, 0.55, ..., 0.95), AP50 and AP75.

    Args:
        found: for each image "boxes" [n, 4] (cx, cy, w, h) in [0, 1], "classes" [n] and "scores" [n].
        targets: for each image "labels" [M] and "boxes" [M, 4] of the same form.
        num_classes: K. The result is the mean over the classes that occur in the targets.

    Returns:
        "AP", "AP50" and "AP75", each in [0, 1], or -1 if the targets hold no object.

    Raises:
        ValueError: if a target is malformed, a detection is not finite, or the numbers of images differ.
    """
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    validate(targets, num_classes)
    if len(found) != len(targets):
        raise ValueError(f"There are detections for {len(found)} images and targets for {len(targets)}.")
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints its progress
        truth, guesses = COCO(), COCO()
        truth.dataset = coco_format([target | {"classes": target["labels"]} for target in targets])
        guesses.dataset = coco_format(found)
        for dataset in (truth, guesses):
            dataset.dataset["categories"] = [{"id": k} for k in range(num_classes)]
            dataset.createIndex()
        evaluation = COCOeval(truth, guesses, "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return dict(zip(("AP", "AP50", "AP75"), map(float, evaluation.stats[:3]), strict=True))


def coco_format(found: Sequence[Mapping[str, Any]]) -> dict[str, list]:
    """Write boxes as COCO's annotations: (left, top, width, height), one entry a box.

    Args:
        found: for each image "boxes" [n, 4] (cx, cy, w, h), "classes" [n] and, unless all are 1,
            "scores" [n].

    Raises:
        ValueError: if a box or a score is not finite.
    """
    annotations: list[dict[str, Any]] = []
    for image, boxes in enumerate(found):
        scores = boxes.get("scores", torch.ones(len(boxes["boxes"])))
        if not (boxes["boxes"].isfinite().all() and scores.isfinite().all()):
            raise ValueError(f"Image {image}: a detection is not finite.")
        rows = zip(boxes["boxes"].tolist(), boxes["classes"].tolist(), scores.tolist(), strict=True)
        for (cx, cy, w, h), label, score in rows:
            entry = {"id": len(annotations) + 1, "image_id": image, "category_id": label, "iscrowd": 0}
            entry |= {"bbox": [cx - w / 2, cy - h / 2, w, h], "area": w * h, "score": score}
            annotations.append(entry)
    return {"images": [{"id": image} for image in range(len(found))], "annotations": annotations}


def detections(outputs: Mapping[str, Any]) -> list[dict[str, Tensor]]:
    """Turn a DETR's outputs for B images into the detections that are measured, one for each query.

    The class of a detection is the most probable one other than "no object", as in the paper (section 4,
    technical details). A query that sees nothing then has a low score, which costs little AP.

    Args:
        outputs: "pred_logits" [B, N, K + 1] and "pred_boxes" [B, N, 4].

    Returns:
        For each image, on the CPU: "boxes" [N, 4], "classes" int64 [N] and "scores" [N] in [0, 1].
    """
    probabilities = outputs["pred_logits"].softmax(-1)[..., :-1].cpu()
    scores, classes = probabilities.max(-1)
    rows = zip(outputs["pred_boxes"].cpu(), classes, scores, strict=True)
    return [{"boxes": box, "classes": label, "scores": score} for box, label, score in rows]


@torch.no_grad()
def measure(
    forward: Callable[[Tensor], Mapping[str, Any]],
    samples: Sequence[Sample],
    num_classes: int = len(CLASSES),
    batch_size: int = 50,
) -> dict[str, float]:
    """Return AP, AP50 and AP75 (see `average_precision`) of a model's forward function.

    Args:
        forward: takes images [B, 3, H, W], returns "pred_logits" [B, N, K + 1], "pred_boxes" [B, N, 4].
        samples: (image [3, H, W], target), all images of one size.
        num_classes: K.
        batch_size: the largest B.

    Raises:
        ValueError: if N is above MOST_QUERIES, and as `average_precision` says.
    """
    found: list[dict[str, Tensor]] = []
    for start in range(0, len(samples), batch_size):
        images = torch.stack([image for image, _ in samples[start : start + batch_size]])
        found += detections(forward(images))
        if (queries := len(found[-1]["boxes"])) > MOST_QUERIES:
            raise ValueError(f"There are {queries} boxes for one image; {MOST_QUERIES} are the most.")
    return average_precision(found, [target for _, target in samples], num_classes)


@contextlib.contextmanager
def eval_mode(model: nn.Module) -> Iterator[nn.Module]:
    """Put a model into eval mode for a block; afterwards it has the mode that it came in."""
    training = model.training
    try:
        yield model.eval()
    finally:
        model.train(training)


def evaluate(
    model: nn.Module, samples: Sequence[Sample], num_classes: int = len(CLASSES)
) -> dict[str, float]:
    """Return AP, AP50 and AP75 of a model on samples (image [3, H, W], target); its mode is restored.

    Raises:
        ValueError: as `measure` says.
    """
    device = next(model.parameters()).device
    with eval_mode(model):
        return measure(lambda images: model(images.to(device)), samples, num_classes)


def share_of_points(ap: float) -> float:
    """Return the share 0..1 of the points that a trained model earns: ap / FULL_POINTS, at most 1."""
    return round(min(max(ap / FULL_POINTS, 0.0), 1.0), 2)
