"""What surrounds the training step: device, batches, schedule, log, curves, AP, resuming.

The step itself is yours (notebook 09). A run looks like this:

    run = TrainingRun(model, criterion, optimizer, num_steps=2000)
    for step, images, targets in run.batches(dataset, batch_size=16, collate=detr_collate):
        run.log(train_step(model, criterion, optimizer, images, targets, step))
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from tqdm.auto import tqdm

from detrlab.ap import evaluate
from detrlab.figures.curves import Curves, watch
from detrlab.loop import resume
from detrlab.loop.schedule import WARM_UP as WARM_UP
from detrlab.loop.schedule import batch_order, learning_rate_factor
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
EVALUATIONS = 8  # measurements of AP in a training of full length, besides the one after its last step


def steps_to_train(number: int) -> int:
    """Return `number`, or at most 20 if the environment variable DETR_QUICK is set, as tests do."""
    return min(number, 20) if os.environ.get("DETR_QUICK") else number


def choose_device() -> torch.device:
    """Return the fastest device of this computer: a CUDA GPU, Apple's MPS, or the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def initialise(model: Any) -> Any:
    """Initialise a toy model for training, in place; return it.

    The matrices of encoder and decoder are drawn anew, Xavier uniform, as in the paper (section 4,
    technical details; `Transformer._reset_parameters` of facebookresearch/detr, models/transformer.py).
    The positional encoding is replaced by one with TOY_POSITIONS.
    """
    for part in (model.encoder, model.decoder):
        for parameter in part.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)
    return with_positions(model, **TOY_POSITIONS)


LATEST: list["TrainingRun"] = []  # at most one: the last run that began in this session


def latest() -> "TrainingRun":
    """Return the run that began last in this session, finished or not.

    Raises:
        LookupError: if nothing has been trained yet.
    """
    if not LATEST:
        raise LookupError("Nothing has been trained yet in this session.")
    return LATEST[-1]


class TrainingRun:
    """The bookkeeping of one training; see the top of this file for how it is used.

    Args:
        model, criterion, optimizer: the parts of the training, all on one device.
        num_steps: its length. The rates of `optimizer` are multiplied with `learning_rate_factor`.
        log_every: steps between two points of the loss curves; 0: silent, without AP and checkpoints.
        seed: determines the order of the samples, also after resuming.
        checkpoint: a file that is written at every log and deleted after the last step. If it holds an
            unfinished run with the same settings, that run is resumed. None: no file.
        validation: samples (image [3, H, W], target) to measure AP on; None: those that ship.
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
                group["fused"] = True  # the same steps, all weights at once, in 5 % less time
        self.data: dict[str, int] = {}  # the number of samples, and of those in a batch
        self.step = 0
        self.recent: list[Mapping[str, float]] = []
        self.curves = Curves()
        self.bar: tqdm | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that have to agree for an unfinished run to be resumed."""
        return {"num_steps": self.num_steps, "seed": self.seed, "rates": self.rates, **self.data}

    def batches(
        self,
        dataset: Dataset[Sample],
        batch_size: int,
        collate: Callable[[list[Sample]], tuple[Tensor, list[Target]]],
    ) -> Iterator[tuple[int, Tensor, list[Target]]]:
        """Set the learning rates of each step and yield its batch, on the model's device.

        Args:
            dataset: samples (image [3, H, W], target).
            batch_size: B.
            collate: joins B samples into images [B, 3, H, W] and a list of targets.

        Yields:
            The number of the step, from 1, with images [B, 3, H, W] and B targets.

        Raises:
            ValueError: naming image and field, if a target is malformed.
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
            self.checkpoint.unlink(missing_ok=True)  # the run is complete: nothing is left to resume

    def log(self, losses: Mapping[str, float]) -> None:
        """Record the loss parts of a step, each a number.

        Every `log_every` steps their means become a point of the curves, and the checkpoint is written.
        At about EVALUATIONS of these steps, and at the last, `measure` is called and the curves drawn.
        """
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
        """Measure AP and what `watch` returns on the validation samples, before the last step on half."""
        samples = validation_set() if self.validation is None else self.validation
        if not last:
            samples = samples[: max(1, len(samples) // 2)]
        scores = evaluate(self.model, samples, self.criterion.num_classes)
        watched = watch(self.model, self.criterion.matcher, samples[:50], self.device)
        self.curves.measures.append({"step": self.step, **scores, **watched})
        self.curves.take_picture(self.model, self.step)
