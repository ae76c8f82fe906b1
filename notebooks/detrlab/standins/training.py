"""The stand-ins of steps 9 and 10: training, prediction and attention maps.

They keep the contracts of the exercises and give no answer away; see `detrlab.standins.registry`.
"""

import copy
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import trange

from detrlab.standins import parts as parts
from detrlab.standins.model import DETR, DetrLoss
from detrlab.toy import Sample, Target, ToyDetectionDataset


def detr_collate(batch: Sequence[Sample]) -> tuple[Tensor, list[Target]]:
    """Join samples into images [B, 3, H, W] and a list of targets, each with its objects reversed."""
    images, targets = zip(*batch, strict=True)
    reordered: list[Target] = [
        {name: value.flip(0) for name, value in target.items()} for target in targets
    ]
    return torch.utils.data.default_collate(list(images)), reordered


def build_optimizer(
    model: nn.Module, lr: float = 1e-4, lr_backbone: float = 1e-5, weight_decay: float = 1e-4
) -> torch.optim.Optimizer:
    """Return NAdam with a group for each part of the model, that of the backbone at `lr_backbone`."""
    parts_and_rates = [
        (part.parameters(), lr_backbone if name == "backbone" else lr)
        for name, part in model.named_children()
    ]
    groups: list[dict[str, Any]] = [{"params": model.parameters(recurse=False)}]
    groups += [{"params": parameters, "lr": rate} for parameters, rate in parts_and_rates]
    return torch.optim.NAdam(groups, lr, weight_decay=weight_decay)


def train_step(
    model: nn.Module,
    criterion: nn.Module,
    optimizer: torch.optim.Optimizer,
    images: Tensor,
    targets: Sequence[Target],
    step: int = 0,
) -> dict[str, float]:
    """Take one step along clamped gradients; return the loss parts as numbers.

    Args:
        model: a DETR.
        criterion: a DetrLoss.
        optimizer: of the model's parameters.
        images: [B, 3, H, W].
        targets: for each image "labels" [M] and "boxes" [M, 4].
        step: its number, for the error.

    Raises:
        FloatingPointError: if the total is not finite.
    """
    model.zero_grad()
    losses = criterion(model(images), targets)
    if math.isnan(losses["total"] - losses["total"]):
        raise FloatingPointError(f"Step {step} has a total that is not finite.")
    torch.autograd.backward(losses["total"])
    for gradient in [weight.grad for weight in model.parameters() if weight.grad is not None]:
        gradient.nan_to_num_().clamp_(-1e-3, 1e-3)
    optimizer.step()
    return {name: float(part.detach()) for name, part in losses.items()}


def train_detr(
    num_steps: int = 600,
    batch_size: int = 16,
    lr: float = 5e-4,
    lr_backbone: float = 5e-4,
    num_samples: int = 1000,
    image_size: int = 128,
    num_classes: int = 3,
    num_queries: int = 10,
    log_every: int = 100,
    noobj_weight: float = 0.1,
    seed: int = 0,
    checkpoint: str | None = None,
    model: nn.Module | None = None,
    criterion: nn.Module | None = None,
) -> nn.Module:
    """Train a small stand-in model on toy images and return it; the arguments are those of step 9."""
    torch.manual_seed(seed)
    trained = model or DETR(num_classes, num_queries, 64, 4, 1, 2, 128, 0.0, "tiny")
    loss = criterion or DetrLoss(num_classes, parts.HungarianMatcher(), noobj_weight)
    optimizer = build_optimizer(trained, lr, lr_backbone)
    dataset = ToyDetectionDataset(num_samples, size=image_size)
    progress = trange(num_steps, desc="stand-in", disable=not log_every)
    for step in progress:
        chosen = torch.randint(num_samples, (batch_size,)).tolist()
        images, targets = detr_collate([dataset[index] for index in chosen])
        losses = train_step(trained, loss, optimizer, images, targets)
        if log_every and step % log_every == 0:
            progress.set_postfix({name: f"{part:.3f}" for name, part in losses.items()})
    return trained


@torch.no_grad()
def predict(model: nn.Module, image: Tensor, score_threshold: float = 0.7) -> dict[str, Tensor]:
    """Return the queries whose best class is clearly more probable than "no object".

    Args:
        model: a DETR with N queries.
        image: [3, H, W].
        score_threshold: the smallest score, 0..1, of a query that is kept.

    Returns:
        "boxes" [n, 4], "classes" [n], "scores" [n] and "query_indices" [n], in 0..N-1.
    """
    outputs = copy.deepcopy(model).eval()(image[None])
    best = outputs["pred_logits"][0, :, :-1].max(-1)
    scores = torch.sigmoid(best.values - outputs["pred_logits"][0, :, -1])
    kept = torch.nonzero(scores >= score_threshold).flatten()
    return {
        "boxes": outputs["pred_boxes"][0, kept],
        "classes": best.indices[kept],
        "scores": scores[kept],
        "query_indices": kept,
    }


@torch.no_grad()
def cross_attention_maps(model: Any, image: Tensor, heads: bool = False) -> Tensor:
    """Return maps of the similarity of queries and cells, each summing to 1.

    Args:
        model: a DETR with N queries.
        image: [3, H, W].
        heads: return the maps once for each head; all heads have the same.

    Returns:
        [n_dec_layers, N, H', W'], with heads=True [n_dec_layers, n_heads, N, H', W'].
    """
    evaluated = copy.deepcopy(model).eval()
    similarity = torch.tensordot(evaluated.query_embed.weight, evaluated.backbone(image[None])[0], dims=1)
    layers = evaluated.decoder.layers
    maps = torch.stack([similarity.roll(number, -1) / (1 + number) for number in range(len(layers))])
    maps = maps.flatten(2).softmax(-1).reshape(maps.shape)
    return torch.stack([maps] * layers[0].cross_attn.num_heads, 1) if heads else maps


def predict_and_visualize(model: nn.Module, image: Tensor, score_threshold: float = 0.7) -> Any:
    """Draw image [3, H, W] with the boxes of the queries that `predict` returns; return the figure."""
    from detrlab.draw import visualize

    return visualize(image, predict(model, image, score_threshold)).figure
