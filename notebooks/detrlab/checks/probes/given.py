"""What a probe passes to the learner's code besides numbers: small modules, none of them an answer.

They have to exist in the process of the learner's code, which in grading is another one; `given` finds
them there.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import Tensor

from detrlab.checks.probes.given_detector import SmallDetector
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
__all__ += [
    "gradient_norms",
    "sorted_gradient_norms",
    "trained_numbers",
    "with_positions",
    "with_weights_file",
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


def gradient_norms(model: Any, parts: Sequence[str]) -> Tensor:
    """Return the norm of the present gradient of a model's parameters, for each part of the model.

    Args:
        model: an nn.Module.
        parts: names of submodules.

    Returns:
        [len(parts)]; 0 for a part that no gradient has reached.
    """
    of_parts = [[p.grad for p in model.get_submodule(part).parameters()] for part in parts]
    squares = [sum(g.square().sum() for g in gradients if g is not None) for gradients in of_parts]
    return torch.tensor([square**0.5 for square in squares])


def trained_numbers(model: Any) -> int:
    """Count the numbers of a model's parameters that the last backward pass has reached."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad and p.grad is not None)


def sorted_gradient_norms(model: Any) -> Tensor:
    """Return the norm of the present gradient of each parameter of a model, [n], in ascending order.

    Sorted, since the order of the parameters is up to whoever defines them; 0 where no gradient is.
    """
    norms = [torch.zeros(()) if p.grad is None else p.grad.norm() for p in model.parameters()]
    return torch.stack(norms).float().sort().values


def with_weights_file(model_class: Any, config: dict, name: str, weights: Mapping[str, Tensor]) -> Any:
    """Build a model that finds a file of weights where torchvision keeps what it has downloaded.

    Args:
        model_class: takes `config` and an argument `weights`, which is "DEFAULT".
        config: its other arguments.
        name: of the network of torchvision whose weights are in the file.
        weights: tensors by name, each of a shape that expands to that of the network's: the file is as
            small as they are.
    """
    from torchvision import models  # imported here, since it takes a moment

    with torch.device("meta"):
        shapes = {key: tensor.shape for key, tensor in models.get_model(name).state_dict().items()}
    earlier = torch.hub.get_dir()
    with tempfile.TemporaryDirectory(prefix="detr-check-") as folder:
        path = Path(folder, "checkpoints", Path(models.get_model_weights(name).DEFAULT.url).name)
        path.parent.mkdir()
        torch.save({key: weights[key].expand(shapes[key]) for key in shapes}, path)
        torch.hub.set_dir(folder)
        missing = FileNotFoundError("These weights are not there, and a check downloads nothing.")
        try:
            with mock.patch("torch.hub.download_url_to_file", side_effect=missing):
                return model_class(**config, weights="DEFAULT")
        finally:
            torch.hub.set_dir(earlier)
