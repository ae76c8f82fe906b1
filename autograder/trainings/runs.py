"""Train the runs whose curves and results ship in data/runs, with the solutions; this takes hours.

Each run is one call of the solutions' `train_detr`. The default run also makes the trained model that
ships, data/toy_detr.safetensors.
"""

import json
import math
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from autograder.authoring.sources import code_cells
from detrlab import training
from detrlab.checkpoint import SHIPPED, save_detr
from detrlab.experiments import (
    LastLayerOnly,
    box_errors,
    count_duplicates,
    find_all,
    without_self_attention,
)
from detrlab.positions import with_positions
from detrlab.runs import RUNS
from detrlab.steps import load
from detrlab.toy import six_images, validation_set

Week = SimpleNamespace  # the solutions' classes and functions of the week


def solution_parts() -> Week:
    """Return the solutions' classes and functions, each step built on the solutions of the others."""
    names: dict[str, Any] = {}
    for step in ("08_detr", "09_training", "10_attention"):
        names |= vars(load(step, code_cells))
    return SimpleNamespace(**names)


def toy_model(week: Week, num_queries: int = 10, seed: int = 0) -> Any:
    """Build the toy model as `train_detr` does."""
    torch.manual_seed(seed)
    return training.initialise(week.DETR(3, num_queries, **training.TOY_SIZES))


def toy_loss(week: Week, noobj_weight: float = 0.2, weight_class: float = 3.0, **weights: float) -> Any:
    """Build the toy loss as `train_detr` does."""
    return week.DetrLoss(3, week.HungarianMatcher(), noobj_weight, weight_class, **weights)


def freeze_box_head(model: Any) -> Any:
    """Freeze a model's box head at its initial weights; return the model."""
    model.heads.bbox_head.requires_grad_(False)
    return model


def with_paper_positions(model: Any) -> Any:
    """Give a model the paper's positional encoding; return the model."""
    return with_positions(model, temperature=10000.0, scale=2 * math.pi)


class HalfBlindEncoding(nn.Module):
    """The patient's fault (step 11, experiment 6): a positional encoding of y without x."""

    def __init__(self, encoding: nn.Module) -> None:
        super().__init__()
        self.encoding = encoding

    def forward(self, features: Tensor) -> Tensor:
        """Return the encoding [B, d, H', W'] of features [B, C, H', W'], the half for x set to 0."""
        pos = self.encoding(features).clone()
        pos[:, pos.shape[1] // 2 :] = 0
        return pos


def with_half_blind_positions(model: Any) -> Any:
    """Put the patient's fault into a model; return the model."""
    model.position_encoding = HalfBlindEncoding(model.position_encoding)
    return model


def examine(model: Any, week: Week) -> dict[str, Any]:
    """Return what learners diagnose a model by.

    Returns:
        "outputs": predictions and attention maps on the six images; "errors": of boxes, in pixels.
    """
    outputs = []
    for (image, _), predictions in zip(six_images(), find_all(model, six_images()), strict=True):
        maps = week.cross_attention_maps(model, image)[-1][predictions["queries"]]
        outputs.append({name: values.tolist() for name, values in {**predictions, "maps": maps}.items()})
    errors = box_errors(model, week.HungarianMatcher(), validation_set())
    return {"outputs": outputs, "errors": errors.tolist()}


SHORT = {"num_steps": 1000}  # for runs that are compared with each other, where the beginning suffices
PAPER = {"lr": 1e-4, "lr_backbone": 1e-5}
SETTINGS: dict[str, Callable[[Week], dict[str, Any]]] = {
    "default": lambda week: {},
    "default_seed_1": lambda week: {"seed": 1},
    "default_seed_2": lambda week: {"seed": 2},
    "no_self_attention": lambda week: {"model": without_self_attention(toy_model(week))},
    "short": lambda week: SHORT,
    "short_seed_1": lambda week: SHORT | {"seed": 1},
    "no_auxiliary_loss": lambda week: SHORT | {"criterion": LastLayerOnly(toy_loss(week))},
    "one_query": lambda week: SHORT | {"num_queries": 1},
    "patient": lambda week: SHORT | {"model": with_half_blind_positions(toy_model(week))},
    "paper_positions": lambda week: SHORT | {"model": with_paper_positions(toy_model(week))},
    "class_weight_1": lambda week: SHORT | {"criterion": toy_loss(week, weight_class=1.0)},
    "no_object_1": lambda week: SHORT | {"noobj_weight": 1.0},
    "a_fault": lambda week: SHORT | {"model": freeze_box_head(toy_model(week))},
    "paper_settings": lambda week: (
        SHORT
        | PAPER
        | {"model": with_paper_positions(toy_model(week, 100)), "criterion": toy_loss(week, 0.1, 1.0)}
    ),
}
EXAMINED = ("short", "patient")


def train_run(name: str, **extra: Any) -> dict[str, Any]:
    """Train one of the runs above; write its curves, predictions and times to data/runs.

    Args:
        name: a key of SETTINGS.
        extra: further arguments of `train_detr`, and "threads", the number of torch's threads.

    Returns:
        what was written.

    Raises:
        KeyError: if there is no such run.
    """
    torch.set_num_threads(extra.pop("threads", torch.get_num_threads()))
    week = solution_parts()
    settings = SETTINGS[name](week) | extra
    start, start_cpu = time.perf_counter(), time.process_time()
    model = week.train_detr(**settings)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - start_cpu
    examined = examine(model, week) if name in EXAMINED else {}
    predictions = find_all(model, validation_set())
    record = {
        "settings": {key: value for key, value in settings.items() if not isinstance(value, nn.Module)},
        "seconds": round(seconds),
        "cpu_seconds": round(cpu_seconds),
        "threads": torch.get_num_threads(),
        "counts": count_duplicates(predictions, validation_set()),
        "found": [{key: values.tolist() for key, values in image.items()} for image in predictions],
        **training.latest().curves.to_data(),
        **examined,
    }
    RUNS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(rounded(record), indent=None, separators=(",", ":"))
    (RUNS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    if name == "default":
        save_detr(model, SHIPPED, num_classes=3, num_queries=10, **training.TOY_SIZES)
    return record


def rounded(value: Any) -> Any:
    """Round every float in plain data to four significant digits, enough for a curve."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return [rounded(inner) for inner in value] if isinstance(value, list) else value
