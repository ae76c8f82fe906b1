"""What surrounds the training step: device, batches, schedule, log, curves, AP, resuming.

The step itself is yours (notebook 09). A run looks like this:

    run = TrainingRun(model, criterion, optimizer, num_steps=2000)
    for step, images, targets in run.batches(dataset, batch_size=16, collate=detr_collate):
        run.log(train_step(model, criterion, optimizer, images, targets, step))
"""

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from tqdm.auto import tqdm

from detrlab import resume
from detrlab.ap import evaluate
from detrlab.figures.curves import Curves, watch
from detrlab.positions import TOY_POSITIONS, with_positions
from detrlab.targets import validate
from detrlab.toy import Sample, Target, validation_set

# The toy model: a vanilla DETR of 1.2 million parameters.
TOY_SIZES: dict[str, Any] = {
    "d_model": 128,
    "n_heads": 4,
    "n_enc_layers": 2,
    "n_dec_layers": 3,
    "dim_ff": 256,
    "dropout": 0.0,
    "backbone_name": "tiny",
}
WARM_UP = 100  # steps
EVALUATIONS = 8  # in a whole run, and one more at its end


def steps_to_train(number: int) -> int:
    """Return the number of steps to train for: the one given, or 20 where DETR_QUICK is set (tests)."""
    return min(number, 20) if os.environ.get("DETR_QUICK") else number


def choose_device() -> torch.device:
    """Return the fastest device there is: a CUDA GPU, Apple's MPS, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def initialise(model: Any) -> Any:
    """Make a toy model ready for training.

    Every matrix of encoder and decoder is drawn anew, Xavier uniform, as the paper's code does
    (`Transformer._reset_parameters` in facebookresearch/detr, models/transformer.py), and the positions
    get the waves of TOY_POSITIONS.
    """
    for part in (model.encoder, model.decoder):
        for parameter in part.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)
    return with_positions(model, **TOY_POSITIONS)


def learning_rate_factor(step: int, num_steps: int) -> float:
    """Return what the learning rates are multiplied with: up for WARM_UP steps, down along a cosine."""
    warm_up = min(1.0, step / WARM_UP)
    return warm_up * 0.5 * (1 + math.cos(math.pi * (step - 1) / num_steps))


LATEST: list["TrainingRun"] = []  # of this session, the last one alone


def latest() -> "TrainingRun":
    """Return the training that is going on or ended last. LookupError where there was none."""
    if not LATEST:
        raise LookupError("Nothing has been trained yet in this session.")
    return LATEST[-1]


class TrainingRun:
    """The bookkeeping of one training; see the top of this file for how it is used.

    Args:
        model, criterion, optimizer: what is trained, on one device.
        num_steps: how long. The learning rates of `optimizer` follow a warm-up and a cosine over it.
        log_every: steps between two points of the loss curves; 0 for a silent run without AP.
        seed: of the order of the batches. The same seed gives the same batches, also after resuming.
        checkpoint: a file to write to at every log, and to go on from where it holds an
            unfinished run with the same settings; None for neither.
        validation: images for AP; the shipped ones where it is None.
    """

    def __init__(
        self,
        model: nn.Module,
        criterion: Any,
        optimizer: torch.optim.Optimizer,
        num_steps: int,
        log_every: int = 50,
        seed: int = 0,
        checkpoint: str | Path | None = None,
        validation: Sequence[Sample] | None = None,
    ) -> None:
        self.model, self.criterion, self.optimizer = model, criterion, optimizer
        self.num_steps, self.log_every, self.seed = num_steps, log_every, seed
        self.checkpoint = Path(checkpoint) if checkpoint else None
        self.validation = validation
        self.device = next(model.parameters()).device
        self.rates = [group["lr"] for group in optimizer.param_groups]
        if isinstance(optimizer, torch.optim.AdamW) and self.device.type in ("cpu", "cuda"):
            for group in optimizer.param_groups:
                group["fused"] = True  # the same steps, all weights at once: a twentieth of the time less
        self.data: dict[str, int] = {}  # how many samples there are, and how many in a batch
        self.step = 0
        self.recent: list[Mapping[str, float]] = []
        self.curves = Curves()
        self.bar: tqdm | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """What has to be the same for a run to be gone on with."""
        return {"num_steps": self.num_steps, "seed": self.seed, "rates": self.rates, **self.data}

    def batches(
        self,
        dataset: Dataset[Sample],
        batch_size: int,
        collate: Callable[[list[Sample]], tuple[Tensor, list[Target]]],
    ) -> Iterator[tuple[int, Tensor, list[Target]]]:
        """Yield the step, from 1, with its images [B, 3, H, W] and targets on the model's device.

        Raises:
            ValueError: naming image and field, where a target is malformed.
        """
        LATEST[:] = [self]
        self.data = {"samples": len(dataset), "batch_size": batch_size}  # type: ignore[arg-type]
        if self.checkpoint and self.checkpoint.is_file():
            about = resume.read(self.checkpoint, self.model, self.optimizer, self.settings)
            self.step = about.get("step", 0)
            self.curves.from_data(about.get("curves", self.curves.to_data()))
        order = batch_order(len(dataset), batch_size, self.num_steps, self.seed)  # type: ignore[arg-type]
        loader = DataLoader(dataset, batch_sampler=order[self.step :], collate_fn=collate)
        silent = not self.log_every
        with tqdm(total=self.num_steps, initial=self.step, disable=silent, unit="step") as self.bar:
            for number, (images, targets) in enumerate(loader, start=self.step + 1):
                self.step = number
                factor = learning_rate_factor(number, self.num_steps)
                for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
                    group["lr"] = rate * factor
                validate(targets, self.criterion.num_classes)
                on_device = [{k: v.to(self.device) for k, v in target.items()} for target in targets]
                yield number, images.to(self.device), on_device
                self.bar.update()
        if self.checkpoint:
            self.checkpoint.unlink(missing_ok=True)  # it is finished: nothing is left to go on with

    def log(self, losses: Mapping[str, float]) -> None:
        """Take the loss parts of a step; keep their mean every `log_every` steps; measure at times."""
        self.recent.append(losses)
        last = self.step == self.num_steps
        if not self.log_every or (self.step % self.log_every and not last):
            return
        means = {k: sum(parts[k] for parts in self.recent) / len(self.recent) for k in losses}
        self.recent.clear()
        self.curves.losses.append({"step": self.step, **means})
        every = max(self.log_every, self.num_steps // EVALUATIONS // self.log_every * self.log_every)
        if last or self.step % every == 0:
            self.measure(last)
            self.curves.draw(self.num_steps)
        if self.bar is not None:
            self.bar.set_postfix({name: f"{value:.3f}" for name, value in means.items()})
        if self.checkpoint and not last:
            about = {"step": self.step, "settings": self.settings, "curves": self.curves.to_data()}
            resume.write(self.checkpoint, self.model, self.optimizer, about)

    def measure(self, last: bool = False) -> None:
        """Measure AP on the validation images (half of them until the end), and what to watch."""
        samples = validation_set() if self.validation is None else self.validation
        if not last:
            samples = samples[: max(1, len(samples) // 2)]
        scores = evaluate(self.model, samples, self.criterion.num_classes)
        watched = watch(self.model, self.criterion.matcher, samples[:50], self.device)
        self.curves.measures.append({"step": self.step, **scores, **watched})
        self.curves.take_picture(self.model, self.step)


def batch_order(num_samples: int, batch_size: int, num_steps: int, seed: int) -> list[list[int]]:
    """Return which samples each step sees: epoch after epoch, each in an order of its own.

    It depends on the seed and the step alone, so a resumed run sees what it would have seen.
    """
    generator = torch.Generator().manual_seed(seed)
    epochs = math.ceil(num_steps * batch_size / num_samples)
    indices = torch.cat([torch.randperm(num_samples, generator=generator) for _ in range(epochs)])
    return [batch.tolist() for batch in indices[: num_steps * batch_size].split(batch_size)]
