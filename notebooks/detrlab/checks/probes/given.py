"""What a probe hands to the learner's code besides numbers: small modules, none of them an answer.

They have to live where the learner's code lives, which in grading is another process; `given` finds
them there.
"""

from typing import Any

import torch
from torch import Tensor, nn

from detrlab.checks.probes.given_training import (
    ConstantModel,
    GradientDescent,
    ManyParts,
    ToyLoss,
    ToyModel,
    fresh_path,
)
from detrlab.positions import with_positions
from detrlab.standins.parts import HungarianMatcher

__all__ = ["HungarianMatcher", "SmallDetector"]
__all__ += ["ConstantModel", "GradientDescent", "ManyParts", "ToyLoss", "ToyModel", "fresh_path"]
__all__ += ["gradient_lengths", "with_positions"]


def given(learner: Any, name: str) -> Any:
    """Return the class or function of this name from this module, in the process of `learner`."""
    if name not in __all__:
        raise AttributeError(f"detrlab.checks.probes.given has no {name}.")
    elsewhere = getattr(type(learner), "_given", None)
    return elsewhere(learner, name) if elsewhere else globals()[name]


class Look(nn.Module):
    """Let vectors look at others once, by an attention that is known under a given name.

    Its dropout is 1: in training mode nothing is seen at all, and there is no chance in it.
    """

    def __init__(self, name: str, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.name = name
        self.add_module(name, nn.MultiheadAttention(d_model, n_heads, dropout=1.0, batch_first=True))

    def forward(self, vectors: Tensor, others: Tensor) -> Tensor:
        """Return the vectors, with what they saw."""
        attention = self.get_submodule(self.name)
        return vectors + attention(vectors, others, value=others, need_weights=False)[0]


class Looks(nn.Module):
    """Several looks, one after the other, as `layers`."""

    first: nn.Module

    def __init__(self, count: int, name: str, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Look(name, d_model, n_heads) for _ in range(count))


class SmallDetector(nn.Module):
    """What step 10 asks of a DETR and little else: never trained, it finds nothing that is there."""

    def __init__(
        self, num_classes: int, num_queries: int, d_model: int, n_heads: int, n_layers: int, stride: int
    ) -> None:
        super().__init__()
        self.backbone = nn.Conv2d(3, d_model, kernel_size=1, stride=stride)
        self.encoder = Looks(1, "self_attn", d_model, n_heads)
        self.decoder = Looks(n_layers, "cross_attn", d_model, n_heads)
        self.decoder.first = Look("talk", d_model, n_heads)
        self.query_embed = nn.Embedding(num_queries, d_model)
        self.heads = nn.Linear(d_model, num_classes + 1 + 4)

    def forward(self, images: Tensor) -> dict[str, Any]:
        """Return logits and boxes for images [B, 3, H, W]. ValueError where they are not finite."""
        tokens = self.backbone(images).flatten(2).mT
        if not tokens.isfinite().all():
            raise ValueError("The images are not finite.")
        for look in self.encoder.layers:
            tokens = look(tokens, tokens)
        queries = self.query_embed.weight.repeat(len(images), 1, 1)
        queries = self.decoder.first(queries, queries)
        outputs = []
        for look in self.decoder.layers:
            queries = look(queries, tokens)
            numbers = self.heads(queries)
            boxes = numbers[..., -4:].sigmoid()
            outputs.append({"pred_logits": numbers[..., :-4], "pred_boxes": boxes})
        return outputs[-1] | {"aux_outputs": outputs[:-1]}

    def traces(self) -> dict[str, Any]:
        """Say what a visit may have left behind: hooks, another mode, frozen weights."""
        modules = list(self.modules())
        hooks = sum(len(one._forward_hooks) + len(one._forward_pre_hooks) for one in modules)
        modes = {one.training for one in modules}
        return {
            "hooks": hooks + sum("forward" in vars(one) for one in modules),
            "mode": "mixed" if len(modes) > 1 else "training" if modes == {True} else "eval",
            "frozen": sum(not weight.requires_grad for weight in self.parameters()),
        }


def gradient_lengths(model: Any, images: Tensor, parts: list[str]) -> Tensor:
    """Return how long a gradient a DETR's predictions send back to each part's parameters; 0 for none."""
    output = model(images)
    layers, keys = [output, *output["aux_outputs"]], ("pred_logits", "pred_boxes")
    total = torch.stack([layer[key].square().sum() for layer in layers for key in keys]).sum()
    if total.requires_grad:
        total.backward()
    gradients = [[p.grad for p in model.get_submodule(part).parameters()] for part in parts]
    return torch.tensor([sum(g.square().sum() for g in own if g is not None) ** 0.5 for own in gradients])
