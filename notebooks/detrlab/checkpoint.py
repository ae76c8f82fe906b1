"""Keep a trained model in a file: its weights and the arguments it was built with, as safetensors.

Unlike a pickled `.pt` file, such a file holds nothing that could be executed when it is read.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from detrlab.checks.errors import CheckFailed
from detrlab.checks.probes.given import given
from detrlab.checks.weights import Weights, copy_weights

NAME = "toy_detr.safetensors"
TRAINED_IN = "09_training"
SHIPPED = Path(__file__).parents[2] / "data" / NAME
# The arguments of DETR with the largest value that is accepted, so that no file asks for a huge model.
LIMITS: dict[str, int] = {
    "num_classes": 1000,
    "num_queries": 1000,
    "d_model": 512,
    "n_heads": 32,
    "n_enc_layers": 12,
    "n_dec_layers": 12,
    "dim_ff": 4096,
}
MOST_BYTES = 30_000_000
MOST_TENSORS = 2000
FOREIGN = "{} does not say which DETR it holds: write it with save_detr, as step 9 does."

OTHER_PARTS = (
    "It was trained with other parts than those that your notebooks have now; train again (step 9)."
)


class DoesNotFit(ValueError):
    """The weights of a file do not fit a class; `misfit` is the sentence that names where."""

    def __init__(self, file: str, misfit: str, why: str):
        super().__init__(f"{file} does not fit your model: {misfit} {why}")
        self.file, self.misfit = file, misfit


def save_detr(model: nn.Module, path: str | Path = NAME, **arguments: Any) -> None:
    """Write a model's weights, with the arguments of DETR that it was built with.

    Args:
        model: a DETR.
        path: the file.
        **arguments: what DETR's constructor was called with.
    """
    weights = {
        name: value.detach().cpu().contiguous().clone() for name, value in model.state_dict().items()
    }
    # The format sorts tensors by name. Their order is kept for models whose attributes have other names.
    about = {"detr": json.dumps(arguments), "order": json.dumps(list(weights))}
    about["positions"] = json.dumps(getattr(model, "position_settings", {}))
    save_file(weights, path, metadata=about)


def load_detr(detr_class: Any, path: str | Path = NAME) -> nn.Module:
    """Build the model of a file from your own DETR class and load its weights; return it in eval mode.

    Weights are copied by name, or in order if your attributes have other names.

    Raises:
        ValueError: if the file is missing, damaged or not written by `save_detr`, holds numbers that are
            not finite, or does not fit your class.
    """
    return read_into(detr_class, Path(path)).eval()


def read_into(detr_class: Any, path: Path) -> Any:
    """Build a model of a DETR class with the arguments, positions and weights of a file.

    Raises:
        DoesNotFit: if the weights do not fit the class.
        ValueError: as `load_detr` says.
    """
    return build_detr(detr_class, path.name, *read_detr(path))


def build_detr(
    detr_class: Any, file: str, arguments: dict[str, Any], positions: dict[str, float], weights: Weights
) -> Any:
    """Build a model of what `read_detr` returns of a file of that name; raise DoesNotFit if need be."""
    model = detr_class(**arguments)
    if positions:
        model = given(detr_class, "with_positions")(model, **positions)
    try:
        copy_weights(model, weights)
    except CheckFailed as misfit:
        raise DoesNotFit(file, str(misfit), OTHER_PARTS) from misfit
    return model


def load_toy_detr(detr_class: Any) -> nn.Module:
    """Load the model that you trained in step 9, or, if there is none, the one that ships.

    Raises:
        ValueError: as `load_detr` says.
    """
    if Path(NAME).is_file():
        return load_detr(detr_class, NAME)
    print(f"There is no {NAME} of your own here yet, so this is the one that ships with the course.")
    return load_detr(detr_class, SHIPPED)


def read_detr(path: Path) -> tuple[dict[str, Any], dict[str, float], Weights]:
    """Read what `save_detr` wrote.

    Returns:
        The arguments of DETR, the temperature and scale of its positional encoding ({} for the
        defaults), and the weights by name, such as "query_embed.weight" [N, d].

    Raises:
        ValueError: if the file is missing, damaged, too large, not written by `save_detr`, or holds
            numbers that are not finite.
    """
    if not path.is_file():
        raise ValueError(f"There is no {path.name}: train a model and save it with save_detr (step 9).")
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB: it is no toy model.")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            names = list(file.keys())
            if len(names) > MOST_TENSORS:
                raise ValueError(f"{len(names)} tensors")
            order = {name: place for place, name in enumerate(json.loads(metadata.get("order", "[]")))}
            weights = {name: file.get_tensor(name) for name in sorted(names, key=order.__getitem__)}
    except (SafetensorError, OSError) as error:
        raise ValueError(
            f"{path.name} is not a complete safetensors file (cut off, or written by torch.save?): "
            "write it again with save_detr."
        ) from error
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise ValueError(FOREIGN.format(path.name)) from error
    arguments = read_arguments(metadata.get("detr", ""), path.name)
    positions = read_positions(metadata.get("positions", "{}"), path.name)
    for name, value in weights.items():
        if not torch.isfinite(value).all():
            raise ValueError(
                f"{path.name} holds numbers that are not finite, in {name}: the training failed."
            )
    return arguments, positions, weights


def read_positions(text: str, file: str) -> dict[str, float]:
    """Parse temperature and scale of the positional encoding from a file's metadata; {} for the defaults.

    Args:
        text: JSON.
        file: its name, for the message.

    Raises:
        ValueError: if they are anything but two numbers in (0, 1e6), or nothing.
    """
    try:
        positions = json.loads(text)
        fits = all(type(value) is float and 0 < value < 1e6 for value in positions.values())
        fits = fits and set(positions) in (set(), {"temperature", "scale"})
    except (ValueError, TypeError, AttributeError):
        fits = False
    if not fits:
        raise ValueError(FOREIGN.format(file))
    return positions


def read_arguments(text: str, file: str) -> dict[str, Any]:
    """Parse the arguments of DETR from a file's metadata.

    Args:
        text: JSON.
        file: its name, for the message.

    Raises:
        ValueError: if there are others than DETR's, or one is of another type or above its limit.
    """
    try:
        arguments = json.loads(text)
        fits = set(arguments) <= {*LIMITS, "dropout", "backbone_name"}
        for name, limit in LIMITS.items():
            fits = fits and type(arguments.get(name, 1)) is int and 1 <= arguments.get(name, 1) <= limit
        fits = fits and type(arguments.get("dropout", 0.0)) is float
        fits = fits and type(arguments.get("backbone_name", "")) is str
    except (ValueError, TypeError):
        fits = False
    if not fits:
        raise ValueError(FOREIGN.format(file))
    return arguments
