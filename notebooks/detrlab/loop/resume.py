"""Keep an unfinished training in a file, and resume it: weights, state of the optimizer, random numbers.

The file is in safetensors format: tensors and JSON, nothing that could be executed when it is read.
"""

import os
import secrets
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import nn

from detrlab.checks import codec

FIELDS = {"about", "model", "optimizer", "random"}


def own_seed(path: str | Path) -> int:
    """Return the seed of the unfinished training in a file; if there is none, draw one nobody else has.

    With a seed of one's own, a model is like nobody else's and can be told from a copy.
    """
    try:
        return int(codec.read(Path(path))["about"]["settings"]["seed"])
    except (SafetensorError, OSError, KeyError, TypeError, ValueError):
        return secrets.randbelow(10**9)


def write(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, about: dict[str, Any]) -> None:
    """Write the state of a training. The file is replaced in one step, so it is never half written.

    Args:
        path: the file.
        model, optimizer: whose state is written.
        about: plain data to keep with it: "settings", "step" and any other.
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
    """Load the state that `write` wrote into model and optimizer; return its `about`.

    If the file is damaged, or of other settings or another model, nothing is loaded: a printed message
    says why the training begins anew, and {} is returned.

    Args:
        path: the file.
        model, optimizer: what the state is loaded into.
        settings: the "settings" that the file has to hold.
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
    for parameter, moments in optimizer.state.items():
        for key, value in moments.items():
            if value.shape == parameter.shape:  # fused steps rely on the memory layout of the weights
                moments[key] = torch.empty_like(parameter).copy_(value)
    torch.set_rng_state(state["random"])
    print(f"Going on after step {about['step']} (delete {path} to begin anew).")
    return about
