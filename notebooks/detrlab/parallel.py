"""Train your own DETR with several processes at once: one for each GPU, or for each core of a CPU.

In the folder with your notebooks:

    torchrun --standalone --nproc-per-node=2 -m detrlab.parallel --steps 200

`torchrun` starts the processes and gives each a number, its rank. All begin with the same weights. At
each step every rank takes its share of the batch, and during backward DistributedDataParallel replaces
the gradients by their mean over the ranks; `train_step` clips the mean, and all take the same step.

The loss needs care. Its box terms are divided by the number of objects in the batch (section 3.1 of the
paper). If each rank divided by the number in its own share, the objects of a share with few of them would
weigh more. So the paper's code (facebookresearch/detr, models/detr.py, SetCriterion.forward) divides by
the mean number over the ranks; its class term stays a mean over each share. Here `whole_batch` gives each
rank the predictions of all, and your DetrLoss, as you wrote it, computes the loss of the whole batch,
class term included, as one process would, up to rounding. The cost: every rank matches all images.
"""

import argparse
import contextlib
import os
import sys
import zlib
from collections.abc import Mapping, Sequence
from functools import partial
from types import ModuleType
from typing import Any

import torch

# Imported before a process group exists, because its functions take the group at import time as their
# default argument. DistributedDataParallel would import it later; the group's threads would then outlive
# destroy_process_group, and a process that ends while they run may be aborted.
import torch.distributed.nn
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel
from tqdm.auto import tqdm

from detrlab.ap import evaluate
from detrlab.checkpoint import save_detr
from detrlab.steps import load
from detrlab.toy import CLASSES, Target, ToyDetectionDataset, validation_set
from detrlab.training import TOY_SIZES, TrainingRun, initialise

START = "torchrun --standalone --nproc-per-node=2 -m detrlab.parallel"
NUMBERS = {"steps": 200, "batch-size": 16, "images": 20_000, "queries": 10, "seed": 0}

Parts = tuple[type[nn.Module], ModuleType, nn.Module, type[nn.Module]]  # of your steps 8, 9, 6, 7


def whole_batch(criterion: nn.Module, outputs: Any, targets: Sequence[Target]) -> dict[str, Tensor]:
    """Return the criterion's losses of the batch of all ranks together, the same on each rank.

    Args:
        criterion: a DetrLoss.
        outputs: for this rank's share of b = B / ranks images "pred_logits" [b, N, K + 1], "pred_boxes"
            [b, N, 4] and "aux_outputs", a list of the same.
        targets: of the share, b of them: "labels" [M] and "boxes" [M, 4].

    Returns:
        The loss parts and the "total", each a tensor [].
    """
    shares = collect([{k: v.cpu() for k, v in target.items()} for target in targets])
    device = outputs["pred_logits"].device
    all_targets = [{k: v.to(device) for k, v in target.items()} for share in shares for target in share]
    return criterion(join(outputs), all_targets)


def collect(mine: Any) -> list[Any]:
    """Return the objects that all ranks call this with, in the order of the ranks."""
    found: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(found, mine)
    return found


def join(outputs: Any) -> Any:
    """Concatenate all ranks' predictions to one batch; only those of this rank carry gradients.

    Args:
        outputs: a tensor [b, ...], or a dict or list of such, of the same form on every rank.

    Returns:
        The same form, with tensors [B, ...].
    """
    if isinstance(outputs, Mapping):
        return {name: join(value) for name, value in outputs.items()}
    if isinstance(outputs, list):
        return [join(layer) for layer in outputs]
    ranks = dist.get_world_size()
    pieces = [torch.empty_like(outputs) for _ in range(ranks)]
    dist.all_gather(pieces, outputs.detach().contiguous())
    pieces[dist.get_rank()] = outputs
    # Each rank has the gradient that flows through its own images; the gradient of the loss is their sum.
    # DistributedDataParallel takes their mean, so the number of ranks is multiplied in here.
    outputs.register_hook(lambda gradient: ranks * gradient)
    return torch.cat(pieces)


def fingerprints(model: nn.Module) -> list[str]:
    """Return a checksum of each rank's weights; raise SystemExit if they differ."""
    weights = b"".join(weight.detach().cpu().numpy().tobytes() for weight in model.parameters())
    found = collect(f"{zlib.crc32(weights):08x}")
    if len(set(found)) > 1:
        raise SystemExit("The ranks' weights differ: does train_step call backward() on the loss?")
    return found


def count_gpus(batch_size: int, cpu: bool) -> int:
    """Return the number of this machine's GPUs to use, once it is sure that the ranks can share the work.

    Args:
        batch_size: B.
        cpu: leave GPUs alone.

    Raises:
        SystemExit: without torchrun, if the ranks cannot share B images evenly, or if they outnumber
            the GPUs of a machine.
    """
    if "WORLD_SIZE" not in os.environ:
        raise SystemExit(f"torchrun starts this, in the folder with your notebooks: {START}")
    ranks, gpus = int(os.environ["WORLD_SIZE"]), 0 if cpu else torch.cuda.device_count()
    if batch_size % ranks:
        raise SystemExit(f"{ranks} processes cannot share {batch_size} images evenly: see --batch-size.")
    if 0 < gpus < int(os.environ["LOCAL_WORLD_SIZE"]):
        raise SystemExit(f"Each process needs a GPU of its own: start {gpus} or fewer, or add --cpu.")
    return gpus


def load_parts() -> Parts:
    """Return your DETR, step 9, your matcher and your loss; only rank 0 prints which are stand-ins."""
    with contextlib.redirect_stdout(None if int(os.environ["RANK"]) else sys.stdout):
        training, matcher = load("09_training"), load("06_matcher").HungarianMatcher()
        return load("08_detr").DETR, training, matcher, load("07_loss").DetrLoss


def join_group(gpus: int) -> torch.device:
    """Join the process group that torchrun has started; return the device of this process."""
    dist.init_process_group("nccl" if gpus else "gloo")
    if gpus:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    return torch.device("cuda" if gpus else "cpu")


def train(options: argparse.Namespace, parts: Parts, device: torch.device) -> None:
    """Train on toy images with the classes of your notebooks; rank 0 prints, measures and saves."""
    detr_class, training, matcher, loss_class = parts
    rank, ranks = dist.get_rank(), dist.get_world_size()
    torch.manual_seed(options.seed)
    sizes = TOY_SIZES | {"num_classes": len(CLASSES), "num_queries": options.queries}
    model = initialise(detr_class(**sizes)).to(device)
    criterion = loss_class(len(CLASSES), matcher, 0.2, weight_class=3.0).to(device)  # as in step 9
    optimizer = training.build_optimizer(model, options.lr, options.lr)  # no part is pretrained
    dataset, share = ToyDetectionDataset(options.images, options.seed + 1), options.batch_size // ranks

    def collate(numbers: list[int]) -> tuple[Tensor, list[Target]]:
        mine = numbers[rank * share : (rank + 1) * share]
        return training.detr_collate([dataset[number] for number in mine])

    # The run hands out indices of images, in the same order for any number of ranks.
    run = TrainingRun(model, criterion, optimizer, options.steps, log_every=0, seed=options.seed)
    batches = run.batches(range(options.images), options.batch_size, collate)  # type: ignore[arg-type]
    averaged, loss_of_all = DistributedDataParallel(model), partial(whole_batch, criterion)
    for step, images, targets in (bar := tqdm(batches, total=options.steps, disable=rank > 0)):
        losses = training.train_step(averaged, loss_of_all, optimizer, images, targets, step)
        bar.set_postfix({name: f"{value:.3f}" for name, value in losses.items()})
        if step in (1, options.steps):
            found = fingerprints(model)
    if rank == 0:
        for number, checksum in enumerate(found):
            print(f"Process {number} of {ranks}: {share} images a step, weights {checksum}")
        scores = evaluate(model, validation_set(), len(CLASSES))
        save_detr(model, options.save, **sizes)
        print(f"AP {scores['AP']:.3f} on the validation images. Saved as {options.save}.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the options, train, and leave the process group."""
    parser = argparse.ArgumentParser(prog=START, description="Train your DETR with several processes.")
    for name, number in NUMBERS.items():
        parser.add_argument(f"--{name}", type=int, default=number, help=f"{number} by default")
    parser.add_argument("--lr", type=float, default=5e-4, help="learning rate of all parts")
    parser.add_argument("--save", default="parallel_detr.safetensors", help="the file to write")
    parser.add_argument("--cpu", action="store_true", help="leave GPUs alone")
    options = parser.parse_args(arguments)
    if min(options.steps, options.batch_size, options.images, options.queries) < 1:
        parser.error("steps, batch size, images and queries are at least 1.")
    gpus = count_gpus(options.batch_size, options.cpu)
    parts = load_parts()  # before there is a group: what your cells import may keep its threads alive
    train(options, parts, join_group(gpus))
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
