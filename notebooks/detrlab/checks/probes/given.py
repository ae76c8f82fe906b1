"""What a probe passes to the learner's code besides numbers: small modules, none of them an answer.

They have to exist in the process of the learner's code, which in grading is another one; `given` finds
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
from detrlab.checks.watching import Watched
from detrlab.positions import with_positions
from detrlab.standins.parts import HungarianMatcher

__all__ = ["HungarianMatcher", "SmallDetector", "Watched"]
__all__ += ["ConstantModel", "GradientDescent", "ManyParts", "ToyLoss", "ToyModel", "fresh_path"]
__all__ += ["gradient_lengths", "with_positions"]


def given(learner: Any, name: str) -> Any:
    """Return a class or function of this module, in the process of the learner's code.

    Args:
        learner: a function or class of that code, or a proxy of one in another process.
        name: of the class or function.

    Raises:
        AttributeError: if this module offers nothing of this name.
    """
    if name not in __all__:
        raise AttributeError(f"detrlab.checks.probes.given has no {name}.")
    elsewhere = getattr(type(learner), "_given", None)
    return elsewhere(learner, name) if elsewhere else globals()[name]


class Look(nn.Module):
    """Let vectors attend to others once, by an attention module of a given name.

    Its dropout is 1: in training mode the attention contributes nothing, so that nothing is random.
    """

    def __init__(self, name: str, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.name = name
        self.add_module(name, nn.MultiheadAttention(d_model, n_heads, dropout=1.0, batch_first=True))

    def forward(self, vectors: Tensor, others: Tensor) -> Tensor:
        """Return vectors [B, N, d] plus what they gather from others [B, L, d]."""
        attention = self.get_submodule(self.name)
        return vectors + attention(vectors, others, value=others, need_weights=False)[0]


class Looks(nn.Module):
    """A list of `Look` modules, as `layers`."""

    first: nn.Module

    def __init__(self, count: int, name: str, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Look(name, d_model, n_heads) for _ in range(count))


class SmallDetector(nn.Module):
    """The parts of a DETR that step 10 uses, and little else; untrained, it detects nothing real."""

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
        """Return the predictions for images [B, 3, H, W].

        Returns:
            "pred_logits" [B, N, K + 1] and "pred_boxes" [B, N, 4] of the last layer, and "aux_outputs", a
            list of the same for the earlier layers.

        Raises:
            ValueError: if the images are not finite.
        """
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
        """Return what a call may have left behind: hooks, another mode, frozen weights."""
        modules = list(self.modules())
        hooks = sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in modules)
        modes = {part.training for part in modules}
        return {
            "hooks": hooks + sum("forward" in vars(part) for part in modules),
            "mode": "mixed" if len(modes) > 1 else "training" if modes == {True} else "eval",
            "frozen": sum(not weight.requires_grad for weight in self.parameters()),
        }


def gradient_lengths(model: Any, images: Tensor, parts: list[str]) -> Tensor:
    """Return the length of the gradient of a DETR's predictions in the parameters of each part.

    Args:
        model: a DETR.
        images: [B, 3, H, W].
        parts: names of submodules.

    Returns:
        [len(parts)], the square root of the sum of squares; 0 for a part that no gradient reaches.
    """
    model.zero_grad()
    output = model(images)
    layers, keys = [output, *output["aux_outputs"]], ("pred_logits", "pred_boxes")
    total = torch.stack([layer[key].square().sum() for layer in layers for key in keys]).sum()
    if total.requires_grad:
        total.backward()
    of_parts = [[p.grad for p in model.get_submodule(part).parameters()] for part in parts]
    squares = [sum(g.square().sum() for g in gradients if g is not None) for gradients in of_parts]
    return torch.tensor([square**0.5 for square in squares])
