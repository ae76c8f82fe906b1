"""A DETR of stand-ins, small enough to be trained in a test."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from detrlab import training
from detrlab.standins.registry import STANDINS
from detrlab.toy import ToyDetectionDataset, validation_set

DETR, DetrLoss = STANDINS["08_detr"]["DETR"], STANDINS["07_loss"]["DetrLoss"]
HungarianMatcher = STANDINS["06_matcher"]["HungarianMatcher"]
detr_collate = STANDINS["09_training"]["detr_collate"]
ARGUMENTS = {"num_classes": 3, "num_queries": 4, "d_model": 8, "n_heads": 2, "n_enc_layers": 1}
ARGUMENTS |= {"n_dec_layers": 2, "dim_ff": 8, "dropout": 0.0, "backbone_name": "tiny"}


def small_detr() -> nn.Module:
    """Build the model."""
    return DETR(**ARGUMENTS)


def small_loss() -> nn.Module:
    """Build its loss, with a matcher."""
    return DetrLoss(3, HungarianMatcher())


def make_target(boxes: list, labels: list | None = None, dtype: torch.dtype = torch.float32) -> dict:
    """Make a target of boxes (cx, cy, w, h) and labels, which are 0 where none are given."""
    rows = torch.tensor(boxes, dtype=dtype).reshape(-1, 4)
    return {"boxes": rows, "labels": torch.tensor(labels or [0] * len(rows), dtype=torch.int64)}


def valid_target() -> dict[str, Tensor]:
    """Make a target of one object that training accepts."""
    return make_target([[0.5, 0.5, 0.2, 0.1]])


@dataclass(frozen=True)
class Settings:
    """How to train."""

    num_steps: int
    log_every: int = 2
    seed: int = 0
    batch_size: int = 4


class Interrupted(Exception):
    """Ends a training as an interrupt of the kernel does."""


@dataclass
class Training:
    """What a training leaves: the model, its run, and the sum of each step's images."""

    model: nn.Module
    run: training.TrainingRun
    image_sums: list[float]


def train(settings: Settings, checkpoint: Path | None = None, stop: int | None = None) -> Training:
    """Train a small DETR with a real optimizer; raise Interrupted at step `stop`."""
    torch.manual_seed(settings.seed)
    model, criterion = small_detr(), small_loss()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    run = training.TrainingRun(
        model,
        criterion,
        optimizer,
        num_steps=settings.num_steps,
        log_every=settings.log_every,
        seed=settings.seed,
        checkpoint=checkpoint,
        validation=validation_set()[:4],
    )
    dataset = ToyDetectionDataset(10, seed=1, size=32)
    image_sums = []
    for step, images, targets in run.batches(dataset, settings.batch_size, detr_collate):
        image_sums.append(images.sum().item())
        if step == stop:
            raise Interrupted
        losses = criterion(model(images), targets)
        optimizer.zero_grad()
        losses["total"].backward()
        optimizer.step()
        run.log({name: part.item() for name, part in losses.items()})
    return Training(model, run, image_sums)
