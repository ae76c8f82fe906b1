"""Make the trainings whose curves and results ship in data/runs, with the solutions: it takes hours.

Each run is one call of the solutions' own `train_detr`. What the default run makes is also the trained
model that ships, data/toy_detr.safetensors.
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

Week = SimpleNamespace  # the classes and functions of the week, as the solutions have them


def solution_parts() -> Week:
    """Return the solutions' classes and functions, each step built on the others' solutions."""
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
    """Leave the box head as it was drawn."""
    model.heads.bbox_head.requires_grad_(False)
    return model


def as_in_the_paper(model: Any) -> Any:
    """Give a model the paper's positions."""
    return with_positions(model, temperature=10000.0, scale=2 * math.pi)


class HalfBlind(nn.Module):
    """The patient's fault (step 11, experiment 6): positions that say where in y, and nothing in x."""

    def __init__(self, encoding: nn.Module) -> None:
        super().__init__()
        self.encoding = encoding

    def forward(self, features: Tensor) -> Tensor:
        """Return the positions with the half for x set to 0."""
        pos = self.encoding(features).clone()
        pos[:, pos.shape[1] // 2 :] = 0
        return pos


def make_ill(model: Any) -> Any:
    """Put the fault into a model."""
    model.position_encoding = HalfBlind(model.position_encoding)
    return model


def examine(model: Any, week: Week) -> dict[str, Any]:
    """Return what a learner has to go by: outputs and maps on the six images, errors in pixels."""
    outputs = []
    for (image, _), found in zip(six_images(), find_all(model, six_images()), strict=True):
        maps = week.cross_attention_maps(model, image)[-1][found["queries"]]
        outputs.append({name: values.tolist() for name, values in {**found, "maps": maps}.items()})
    errors = box_errors(model, week.HungarianMatcher(), validation_set())
    return {"outputs": outputs, "errors": errors.tolist()}


SHORT = {"num_steps": 1000}  # where the beginning tells enough, and to compare with each other
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
    "patient": lambda week: SHORT | {"model": make_ill(toy_model(week))},
    "paper_positions": lambda week: SHORT | {"model": as_in_the_paper(toy_model(week))},
    "class_weight_1": lambda week: SHORT | {"criterion": toy_loss(week, weight_class=1.0)},
    "no_object_1": lambda week: SHORT | {"noobj_weight": 1.0},
    "a_fault": lambda week: SHORT | {"model": freeze_box_head(toy_model(week))},
    "paper_settings": lambda week: (
        SHORT
        | PAPER
        | {"model": as_in_the_paper(toy_model(week, 100)), "criterion": toy_loss(week, 0.1, 1.0)}
    ),
}
EXAMINED = ("short", "patient")


def train_run(name: str, **extra: Any) -> dict[str, Any]:
    """Train one of the above; write its curves, its counts and what it cost to data/runs."""
    torch.set_num_threads(extra.pop("threads", torch.get_num_threads()))
    week = solution_parts()
    settings = SETTINGS[name](week) | extra
    begun, begun_cpu = time.perf_counter(), time.process_time()
    model = week.train_detr(**settings)
    seconds, cpu_seconds = time.perf_counter() - begun, time.process_time() - begun_cpu
    examined = examine(model, week) if name in EXAMINED else {}
    found = find_all(model, validation_set())
    record = {
        "settings": {key: value for key, value in settings.items() if not isinstance(value, nn.Module)},
        "seconds": round(seconds),
        "cpu_seconds": round(cpu_seconds),
        "threads": torch.get_num_threads(),
        "counts": count_duplicates(found, validation_set()),
        "found": [{key: values.tolist() for key, values in image.items()} for image in found],
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
    """Round every number to what a curve can show."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    return [rounded(inner) for inner in value] if isinstance(value, list) else value
