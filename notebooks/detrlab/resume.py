"""Keep an unfinished training in a file, and take it up again: weights, optimizer, random numbers.

Everything lies in one safetensors file: tensors and JSON, nothing that could run when it is read.
"""

import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import nn

from detrlab.checks import codec

FIELDS = {"about", "model", "optimizer", "random"}


def write(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, about: dict[str, Any]) -> None:
    """Write the state of a training, whole or not at all.

    Args:
        path: the file.
        model, optimizer: what is trained, and what with.
        about: plain data that goes with it: "settings", "step" and whatever else is to be kept.
    """
    state = {
        "about": about,
        "model": dict(model.state_dict()),
        "optimizer": optimizer.state_dict()["state"],
        "random": torch.get_rng_state(),
    }
    part = path.with_name(path.name + ".part")
    codec.write(part, state)
    os.replace(part, path)


def read(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, settings: dict[str, Any]
) -> dict[str, Any]:
    """Take up the state that `write` has kept; return what was kept about it.

    A file that is damaged, of other settings or of another model is left alone: {} is returned, and one
    printed sentence says why the training begins anew.
    """
    try:
        state = codec.read(path)
        if not isinstance(state, dict) or state.keys() != FIELDS:
            raise ValueError("it is no training")
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        print(f"{path} cannot be read ({type(error).__name__}): the training begins anew.")
        return {}
    about, weights = state["about"], state["model"]
    if about["settings"] != settings:
        print(f"{path} is of a training with other settings: this one begins anew.")
        return {}
    if {n: v.shape for n, v in weights.items()} != {n: v.shape for n, v in model.state_dict().items()}:
        print(f"{path} is of a model with other parts: the training begins anew.")
        return {}
    model.load_state_dict(weights)
    optimizer.load_state_dict(optimizer.state_dict() | {"state": state["optimizer"]})
    for parameter, own in optimizer.state.items():
        for key, value in own.items():
            if value.shape == parameter.shape:  # in memory as the weights are, which fused steps rely on
                own[key] = torch.empty_like(parameter).copy_(value)
    torch.set_rng_state(state["random"])
    print(f"Going on after step {about['step']} (delete {path} to begin anew).")
    return about
