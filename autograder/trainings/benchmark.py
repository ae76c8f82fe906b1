"""Compare the time of the course's training recipe and of a plain one, on the same data and machine.

Both train the solutions' DETR on the toy images until AP50 on the validation images reaches a goal. CPU
seconds are compared, without those of the evaluations: on shared machines wall time is not reproducible.
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

GOAL = 0.5  # AP50, 0 to 1
MAX_RATIO = 20  # of CPU seconds: the plain recipe is stopped at this multiple of the course's
EVERY = 50  # steps between two evaluations
SAMPLES = 20_000  # training images


@dataclass(frozen=True)
class Recipe:
    """How a model is built and trained."""

    name: str
    model: Any
    criterion: Any
    lr: float
    lr_backbone: float
    batch_size: int
    factor: Callable[[int], float]  # of the learning rates, by step


@dataclass(frozen=True)
class Timing:
    """How long a training took, and the AP50 (0 to 1) at its end."""

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


def course_recipe(week: Week) -> Recipe:
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


def plain_recipe(week: Week) -> Recipe:
    """Return a recipe with the paper's settings, as for a first attempt."""
    torch.manual_seed(0)
    model = week.DETR(num_classes=3, num_queries=20, backbone_name="resnet18")
    criterion = toy_loss(week, noobj_weight=0.02, weight_class=1.0)
    return Recipe("plain", model, criterion, 1e-4, 1e-5, 8, lambda step: 1.0)


def train(week: Week, recipe: Recipe, limit: float) -> Timing:
    """Train until AP50 reaches GOAL or the CPU seconds reach the limit.

    Args:
        week: the solutions' classes and functions.
        recipe: how to train.
        limit: in CPU seconds, without those of the evaluations.
    """
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
    """Train with both recipes; print both timings and their ratio.

    Args:
        limit: CPU seconds for the plain recipe; by default MAX_RATIO times those of the course's.
    """
    week = solution_parts()
    course = train(week, course_recipe(week), limit=3600)
    print(course, flush=True)
    plain = train(week, plain_recipe(week), limit or MAX_RATIO * course.cpu_seconds)
    print(plain)
    at_least = "" if plain.ap50 >= GOAL else "more than "
    ratio = plain.cpu_seconds / course.cpu_seconds
    print(f"CPU seconds to AP50 {GOAL}, plain over ours: {at_least}{ratio:.1f}")
