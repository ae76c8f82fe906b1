"""What the probes of step 9 hand out: things to train, and things to train them with. See `given`."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


class ManyParts(nn.Module):
    """Parameters under names that are easily confused. Each is filled with a number of its own."""

    def __init__(self, frozen: Sequence[str]) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.backbone = nn.ModuleDict({"body": nn.Linear(2, 3), "projection": nn.Conv2d(3, 2, 1)})
        self.backbone_norm = nn.LayerNorm(2)
        self.query_embed_backbone = nn.Embedding(2, 2)
        self.encoder = nn.ModuleDict({"backbone": nn.Linear(2, 2)})
        self.decoder = nn.Linear(2, 3)
        self.heads = nn.ModuleDict({"first": nn.Linear(2, 4), "second": nn.Linear(2, 4)})
        self.heads["second"].weight = self.heads["first"].weight  # one parameter, two names
        for number, (name, parameter) in enumerate(self.named_parameters(), start=1):
            parameter.data.fill_(number)
            parameter.requires_grad_(name not in frozen)

    def frozen(self) -> list[str]:
        """Name the parameters that are frozen now."""
        return [name for name, parameter in self.named_parameters() if not parameter.requires_grad]


class ToyModel(nn.Module):
    """A model of a few numbers that can be trained, and that notes what it was asked.

    In training mode it answers with twice the numbers of evaluation; there is no chance in it. With
    `training_only` it refuses to be asked in evaluation.
    """

    def __init__(self, num_queries: int, num_classes: int, training_only: bool = False) -> None:
        super().__init__()
        self.num_queries, self.training_only = num_queries, training_only
        self.backbone = nn.Conv2d(3, 2, kernel_size=1)
        self.heads = nn.Linear(2, num_queries * (num_classes + 1 + 4))
        self.seen: list[dict[str, Any]] = []

    def forward(self, images: Tensor) -> dict[str, Any]:
        """Return logits and boxes for images [B, 3, H, W]."""
        if self.training_only and not self.training:
            raise RuntimeError("asked in evaluation, as planned")
        marks = images.detach().cpu().double().flatten(1).sum(1).tolist()
        mode = "training" if self.training else "evaluation"
        self.seen.append({"shape": list(images.shape), "marks": marks, "mode": mode})
        numbers = self.heads(self.backbone(images).mean((2, 3))).unflatten(1, (self.num_queries, -1))
        numbers = numbers * (2 if self.training else 1)
        boxes = numbers[..., -4:].sigmoid()
        return {"pred_logits": numbers[..., :-4], "pred_boxes": boxes, "aux_outputs": []}

    def add_unused(self) -> None:
        """Add a frozen parameter and one that takes part in nothing: neither ever has a gradient."""
        self.frozen = nn.Parameter(torch.ones(2), requires_grad=False)
        self.unused = nn.Parameter(torch.ones(2))

    def gradient_length(self) -> float:
        """Return the length of the gradient that lies in the model now; 0 where there is none."""
        gradients = [p.grad.flatten() for p in self.parameters() if p.grad is not None]
        return torch.cat(gradients).norm().item() if gradients else 0.0


class ToyLoss(nn.Module):
    """Something like a loss: four parts, of which one can be spoilt. It is no loss that finds objects.

    Args:
        scale: what everything is multiplied with.
        spoilt, by: the part that is multiplied with `by`, a number that is not finite.
        patience: how often it answers before it refuses; None for always.
    """

    def __init__(
        self,
        num_classes: int,
        scale: float = 1.0,
        spoilt: str = "",
        by: float = 1.0,
        patience: int | None = None,
    ) -> None:
        super().__init__()
        self.num_classes, self.scale = num_classes, scale
        self.spoilt, self.by, self.patience = spoilt, by, patience
        self.asked = 0

    def forward(self, outputs: Mapping[str, Any], targets: Sequence[Mapping[str, Tensor]]) -> Any:
        """Return "class", "bbox", "giou" and the "total"."""
        if self.asked == self.patience:
            raise RuntimeError("no patience left, as planned")
        self.asked += 1
        logits, boxes = outputs["pred_logits"], outputs["pred_boxes"]
        count = torch.stack([target["labels"].sum() + target["boxes"].sum() for target in targets])
        parts = {
            "class": (logits.mean((1, 2)) - count).square().mean(),
            "bbox": (boxes.mean((1, 2)) - count).abs().mean(),
            "giou": (boxes[..., 2:] - logits[..., :2]).square().mean(),
        }
        parts = {name: self.scale * part for name, part in parts.items()}
        if self.spoilt in parts:
            parts[self.spoilt] = parts[self.spoilt] * self.by
        earlier = self.scale * logits.square().mean()  # as from an earlier layer
        total = 2 * parts["class"] + 3 * parts["bbox"] + 5 * parts["giou"] + earlier
        return {**parts, "total": total * self.by if self.spoilt == "total" else total}


class ConstantModel(nn.Module):
    """Two numbers say everything: whether a query claims that nothing is there, and how much it claims.

    `doubt` is a logit of "no object" more. `claim` raises all logits and the size of all boxes, which
    are too large already: what becomes of it depends on the weights in the loss.
    """

    def __init__(self, num_queries: int, num_classes: int) -> None:
        super().__init__()
        self.num_queries, self.num_classes = num_queries, num_classes
        self.backbone = nn.Conv2d(3, 1, kernel_size=1)
        self.doubt = nn.Parameter(torch.zeros(1))
        self.claim = nn.Parameter(torch.full((1,), -3.0))

    def forward(self, images: Tensor) -> dict[str, Any]:
        """Return logits and boxes for images [B, 3, H, W], which it does not look at."""
        last = torch.zeros(self.num_classes + 1, device=images.device)
        last[-1] = 1
        logits = (self.claim + self.doubt * last).expand(len(images), self.num_queries, -1)
        side = (0.9 * self.claim + 4.1).sigmoid().expand(len(images), self.num_queries, 2)
        boxes = torch.cat([torch.full_like(side, 0.5), side], dim=-1)
        return {"pred_logits": logits, "pred_boxes": boxes, "aux_outputs": []}


class GradientDescent(torch.optim.SGD):
    """Plain steps along the gradient; what it is asked to do is noted."""

    def __init__(self, model: nn.Module, lr: float) -> None:
        super().__init__(model.parameters(), lr)
        self.notes: list[str] = []

    def note(self, what: str) -> None:
        """Note what is asked for, and whether there are gradients at that moment."""
        there = any(p.grad is not None for group in self.param_groups for p in group["params"])
        self.notes.append(f"{what} {'with' if there else 'without'} gradients")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        self.note("zero_grad")
        super().zero_grad(set_to_none)

    def step(self, closure: Any = None) -> Any:
        """Take a step."""
        self.note("step")
        return super().step(closure)


def fresh_path() -> str:
    """Return a path for a file that is not there yet."""
    return str(Path(tempfile.mkdtemp(prefix="detr-check-")) / "unfinished.safetensors")
