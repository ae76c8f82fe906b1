"""What the probes of step 9 pass to the learner's code: models, losses and an optimizer. See `given`."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


class ManyParts(nn.Module):
    """Parameters under names that are easily confused, each filled with a different number."""

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

    def pull(self, gradients: Mapping[str, Tensor]) -> None:
        """Give parameters a gradient [...] each, by name, frozen ones too."""
        for name, parameter in self.named_parameters():
            parameter.grad = gradients[name].clone()

    def frozen(self) -> list[str]:
        """Return the names of the parameters that are frozen."""
        return [name for name, parameter in self.named_parameters() if not parameter.requires_grad]


class ToyModel(nn.Module):
    """A model of few parameters that can be trained, and that records its calls in `seen`.

    In training mode its outputs are computed from twice the numbers of evaluation mode; nothing is
    random. With `training_only` it raises RuntimeError when called in evaluation mode.
    """

    def __init__(self, num_queries: int, num_classes: int, training_only: bool = False) -> None:
        super().__init__()
        self.num_queries, self.training_only = num_queries, training_only
        self.backbone = nn.Conv2d(3, 2, kernel_size=1)
        self.heads = nn.Linear(2, num_queries * (num_classes + 1 + 4))
        self.seen: list[dict[str, Any]] = []

    def forward(self, images: Tensor) -> dict[str, Any]:
        """Return the predictions for images [B, 3, H, W].

        Returns:
            "pred_logits" [B, N, K + 1], "pred_boxes" [B, N, 4] and an empty list, "aux_outputs".

        Raises:
            RuntimeError: in evaluation mode, if the model is for training only.
        """
        if self.training_only and not self.training:
            raise RuntimeError("asked in evaluation, as planned")
        marks = images.detach().cpu().double().flatten(1).sum(1).tolist()
        mode = "training" if self.training else "evaluation"
        chance = torch.rand(()).item() if self.training else 0.0
        self.seen.append({"shape": list(images.shape), "marks": marks, "mode": mode, "chance": chance})
        numbers = self.heads(self.backbone(images).mean((2, 3))).unflatten(1, (self.num_queries, -1))
        numbers = numbers * (2 if self.training else 1)
        boxes = numbers[..., -4:].sigmoid()
        return {"pred_logits": numbers[..., :-4], "pred_boxes": boxes, "aux_outputs": []}

    def add_unused(self) -> None:
        """Add a frozen parameter and one that no output depends on: neither ever has a gradient."""
        self.frozen = nn.Parameter(torch.ones(2), requires_grad=False)
        self.unused = nn.Parameter(torch.ones(2))

    def gradient_length(self) -> float:
        """Return the norm of the model's present gradient over all parameters; 0 if there is none."""
        gradients = [p.grad.flatten() for p in self.parameters() if p.grad is not None]
        return torch.cat(gradients).norm().item() if gradients else 0.0


class ToyLoss(nn.Module):
    """A function with the form of a loss, useless for detection, of which one part can be spoilt.

    Args:
        num_classes: K.
        scale: a factor of all parts.
        spoilt, by: the name of the part that is multiplied by `by`, a number that is not finite.
        patience: how many calls are answered before one raises RuntimeError; None for all.
        from_call: the number of the first call, from 1, in which it is spoilt.
    """

    def __init__(
        self,
        num_classes: int,
        scale: float = 1.0,
        spoilt: str = "",
        by: float = 1.0,
        patience: int | None = None,
        from_call: int = 1,
    ) -> None:
        super().__init__()
        self.num_classes, self.scale = num_classes, scale
        self.spoilt, self.by, self.patience, self.from_call = spoilt, by, patience, from_call
        self.asked = 0

    def forward(self, outputs: Mapping[str, Any], targets: Sequence[Mapping[str, Tensor]]) -> Any:
        """Return "class", "bbox", "giou" and "total", each [].

        Args:
            outputs: "pred_logits" [B, N, K + 1] and "pred_boxes" [B, N, 4].
            targets: for each image "labels" [M] and "boxes" [M, 4].

        Raises:
            RuntimeError: after as many calls as its patience allows.
        """
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
        is_spoilt = self.asked >= self.from_call
        if is_spoilt and self.spoilt in parts:
            parts[self.spoilt] = parts[self.spoilt] * self.by
        earlier = self.scale * logits.square().mean()  # stands for the share of an earlier layer
        total = 2 * parts["class"] + 3 * parts["bbox"] + 5 * parts["giou"] + earlier
        return {**parts, "total": total * self.by if is_spoilt and self.spoilt == "total" else total}


class ConstantModel(nn.Module):
    """A model whose predictions are the same for all images and depend on two numbers.

    `doubt` is added to the logits of "no object". `claim` is added to all logits and enlarges all boxes,
    which are too large already: in which direction it is trained depends on the weights in the loss.
    """

    def __init__(self, num_queries: int, num_classes: int) -> None:
        super().__init__()
        self.num_queries, self.num_classes = num_queries, num_classes
        self.backbone = nn.Conv2d(3, 1, kernel_size=1)
        self.doubt = nn.Parameter(torch.zeros(1))
        self.claim = nn.Parameter(torch.full((1,), -3.0))

    def forward(self, images: Tensor) -> dict[str, Any]:
        """Return predictions for images [B, 3, H, W], of which only their number matters.

        Returns:
            "pred_logits" [B, N, K + 1], "pred_boxes" [B, N, 4] and an empty list, "aux_outputs".
        """
        last = torch.zeros(self.num_classes + 1, device=images.device)
        last[-1] = 1
        logits = (self.claim + self.doubt * last).expand(len(images), self.num_queries, -1)
        side = (0.9 * self.claim + 4.1).sigmoid().expand(len(images), self.num_queries, 2)
        boxes = torch.cat([torch.full_like(side, 0.5), side], dim=-1)
        return {"pred_logits": logits, "pred_boxes": boxes, "aux_outputs": []}


class GradientDescent(torch.optim.SGD):
    """Plain gradient descent with two groups, backbone and others, that records its calls in `notes`."""

    def __init__(self, model: nn.Module, lr: float) -> None:
        backbone: list[Tensor] = []
        others: list[Tensor] = []
        for name, parameter in model.named_parameters():
            (backbone if name.startswith("backbone.") else others).append(parameter)
        super().__init__([{"params": backbone}, {"params": others}], lr)
        self.notes: list[str] = []

    def note(self, what: str) -> None:
        """Record a call, and whether there are gradients at that moment."""
        there = any(p.grad is not None for group in self.param_groups for p in group["params"])
        self.notes.append(f"{what} {'with' if there else 'without'} gradients")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Record the call and reset the gradients."""
        self.note("zero_grad")
        super().zero_grad(set_to_none)

    def step(self, closure: Any = None) -> Any:
        """Record the call and take a step."""
        self.note("step")
        return super().step(closure)


def fresh_path() -> str:
    """Return the path of a file that does not exist, in a new temporary folder."""
    return str(Path(tempfile.mkdtemp(prefix="detr-check-")) / "unfinished.safetensors")
