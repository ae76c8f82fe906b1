"""What a probe passes to the learner's code besides numbers: small modules, none of them an answer.

They have to exist in the process of the learner's code, which in grading is another one; `given` finds
them there.
"""

from collections import Counter
from typing import Any
from unittest import mock

import torch
from torch import Tensor
from torch.nn import functional as F

from detrlab.checks.probes.given_detector import SmallDetector
from detrlab.checks.probes.given_training import (
    ConstantModel,
    GradientDescent,
    ManyParts,
    ToyLoss,
    ToyModel,
    fresh_path,
)
from detrlab.checks.watching import Watched, equal
from detrlab.positions import with_positions
from detrlab.standins.parts import HungarianMatcher

__all__ = ["HungarianMatcher", "SmallDetector", "Watched"]
__all__ += ["ConstantModel", "GradientDescent", "ManyParts", "ToyLoss", "ToyModel", "fresh_path"]
__all__ += [
    "class_names",
    "dropped_numbers",
    "gradient_lengths",
    "is_random",
    "trained_numbers",
    "with_positions",
]


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


def is_random(module: Any, *inputs: Tensor) -> bool:
    """Return whether one of ten calls of a module with the same inputs [...] has another result."""
    first = module(*inputs)
    return not all(equal(first, module(*inputs)) for _ in range(9))


def class_names(value: Any) -> list[str]:
    """Return the names of an object's class and of the classes that it extends."""
    return [kind.__name__ for kind in type(value).__mro__]


def trained_numbers(model: Any) -> int:
    """Count the numbers of a model's parameters that the last backward pass has reached."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad and p.grad is not None)


def dropped_numbers(module: Any, rate: float, *inputs: Tensor) -> dict[int, int] | None:
    """Count the numbers that a module in training mode lets dropout act on, in one call.

    Args:
        module: in whose call dropout is replaced by something that counts and drops nothing.
        rate: other rates do not count.
        *inputs: [...] of the module.

    Returns:
        how many, by the size of the last dimension of what they belong to; None if the output is random
        all the same: then the module has a dropout of its own, and nothing can be said.
    """
    counts: Counter[int] = Counter()
    attend = F.scaled_dot_product_attention

    def count(values: Tensor, p: float = 0.5, training: bool = True, *_: Any, **__: Any) -> Tensor:
        if training and p == rate:
            counts[values.shape[-1]] += values.numel()
        return values

    def attend_without(
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Any = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
    ) -> Tensor:
        if dropout_p == rate:
            counts[key.shape[-2]] += query[..., 0].numel() * key.shape[-2]
        return attend(query, key, value, attn_mask, 0.0, is_causal)

    with (
        mock.patch.object(F, "dropout", count),
        mock.patch.object(torch, "dropout", count),
        mock.patch.object(F, "scaled_dot_product_attention", attend_without),
    ):
        outputs = [module(*inputs) for _ in range(2)]
    return dict(sorted((size, n // 2) for size, n in counts.items())) if equal(*outputs) else None


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
