"""Models and state dicts that tests of the released checkpoint compare."""

from typing import Any

import torch
from torch import Tensor, nn


def build_r50(detr_class: Any, **changes: Any) -> nn.Module:
    """Build a DETR with the sizes of the released one, or with some of them changed."""
    sizes = {"num_classes": 91, "num_queries": 100, "backbone_name": "resnet50"}
    return detr_class(**sizes | changes)


def are_equal(state: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Return whether two state dicts have the same names and numbers."""
    return state.keys() == other.keys() and all(torch.equal(state[name], other[name]) for name in state)
