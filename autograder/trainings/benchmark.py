"""Time the course's training recipe beside the plain one, on the same data and machine.

Both train the solutions' DETR on the toy images until AP50 on the validation images reaches a goal. CPU
seconds count, without those that measuring takes; machines are shared, and wall time is not repeatable.
"""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.data import DataLoader

from autograder.trainings.runs import Week, solution_parts, toy_loss, toy_model
from detrlab.ap import evaluate
from detrlab.toy import ToyDetectionDataset, validation_set
from detrlab.training import batch_order, learning_rate_factor

GOAL = 0.5  # AP50
TIMES = 20  # the plain recipe is stopped after this many times the CPU seconds of ours
EVERY = 50  # steps between two measurements
SAMPLES = 20_000


@dataclass(frozen=True)
class Recipe:
    """How a model is built and trained; `factor` multiplies the learning rates at a step."""

    name: str
    model: Any
    criterion: Any
    lr: float
    lr_backbone: float
    batch_size: int
    factor: Callable[[int], float]


@dataclass(frozen=True)
class Timing:
    """When a training was stopped, and how far it was."""

    name: str
    steps: int
    cpu_seconds: float
    wall_seconds: float
    ap50: float

    def __str__(self) -> str:
        state = "reached" if self.ap50 >= GOAL else "stopped at"
        return (
            f"{self.name:12} {state} AP50 {self.ap50:.2f} after {self.steps:5} steps, "
            f"{self.cpu_seconds:6.0f} CPU s, {self.wall_seconds:6.0f} s"
        )


def ours(week: Week) -> Recipe:
    """Return the default recipe of step 9."""
    return Recipe(
        "ours",
        toy_model(week),
        toy_loss(week),
        5e-4,
        5e-4,
        16,
        lambda step: learning_rate_factor(step, 2700),
    )


def plain(week: Week) -> Recipe:
    """Return what a first try with the paper's habits looks like."""
    torch.manual_seed(0)
    model = week.DETR(num_classes=3, num_queries=20, backbone_name="resnet18")
    criterion = toy_loss(week, noobj_weight=0.02, weight_class=1.0)
    return Recipe("plain", model, criterion, 1e-4, 1e-5, 8, lambda step: 1.0)


def train(week: Week, recipe: Recipe, limit: float) -> Timing:
    """Train until AP50 reaches the goal or the CPU seconds reach the limit."""
    optimizer = week.build_optimizer(recipe.model, recipe.lr, recipe.lr_backbone)
    rates = [group["lr"] for group in optimizer.param_groups]
    order = itertools.chain.from_iterable(
        batch_order(SAMPLES, recipe.batch_size, SAMPLES // recipe.batch_size, seed)
        for seed in itertools.count()
    )
    batches = DataLoader(
        ToyDetectionDataset(SAMPLES, seed=1), batch_sampler=order, collate_fn=week.detr_collate
    )
    cpu, wall, ap50 = time.process_time(), time.perf_counter(), 0.0
    for step, (images, targets) in enumerate(batches, start=1):
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate * recipe.factor(step)
        week.train_step(recipe.model, recipe.criterion, optimizer, images, targets, step)
        if step % EVERY == 0:
            before, before_wall = time.process_time(), time.perf_counter()
            ap50 = evaluate(recipe.model, validation_set()[:100])["AP50"]
            cpu += time.process_time() - before
            wall += time.perf_counter() - before_wall
            if ap50 >= GOAL or time.process_time() - cpu >= limit:
                break
    return Timing(recipe.name, step, time.process_time() - cpu, time.perf_counter() - wall, ap50)


def compare_recipes(limit: float | None = None) -> None:
    """Print both timings and their ratio; `limit` (CPU seconds) stops the plain recipe."""
    week = solution_parts()
    mine = train(week, ours(week), limit=3600)
    print(mine, flush=True)
    theirs = train(week, plain(week), limit or TIMES * mine.cpu_seconds)
    print(theirs)
    least = "" if theirs.ap50 >= GOAL else "more than "
    print(
        f"CPU seconds to AP50 {GOAL}, plain over ours: {least}{theirs.cpu_seconds / mine.cpu_seconds:.1f}"
    )
