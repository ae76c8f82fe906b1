"""Write an unfinished training to a file, and go on from it: weights, optimizer, random numbers, curves.

Everything lies in one safetensors file: tensors and JSON, nothing that could run when it is read.
"""

import json
import os
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

if TYPE_CHECKING:
    from detrlab.training import TrainingRun


def write(run: "TrainingRun") -> None:
    """Write the state of a run to its checkpoint file, whole or not at all."""
    tensors = {f"model.{name}": value for name, value in run.model.state_dict().items()}
    for index, state in run.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": torch.as_tensor(value) for key, value in state.items()}
    tensors["random"] = torch.get_rng_state()
    about = {"step": run.step, "settings": run.settings, "curves": run.curves.to_data()}
    assert run.checkpoint is not None
    part = run.checkpoint.with_name(run.checkpoint.name + ".part")
    held = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    save_file(held, part, metadata={"json": json.dumps(about)})
    os.replace(part, run.checkpoint)


def read(run: "TrainingRun") -> int:
    """Take up the state in a run's checkpoint file; return the step it was written at.

    A file of other settings, of another model or one that is damaged is left alone, with a sentence that
    says why the run begins anew; 0 is returned.
    """
    try:
        with safe_open(run.checkpoint, framework="pt") as file:
            about = json.loads(file.metadata()["json"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        print(f"{run.checkpoint} cannot be read ({type(error).__name__}): the training begins anew.")
        return 0
    if about["settings"] != run.settings:
        print(f"{run.checkpoint} is of a training with other settings: this one begins anew.")
        return 0
    model = under("model.", tensors)
    if {n: v.shape for n, v in model.items()} != {n: v.shape for n, v in run.model.state_dict().items()}:
        print(f"{run.checkpoint} is of a model with other parts: the training begins anew.")
        return 0
    run.model.load_state_dict(model)
    run.optimizer.load_state_dict(run.optimizer.state_dict() | {"state": by_parameter(tensors)})
    for parameter, state in run.optimizer.state.items():
        for key, value in state.items():
            if value.shape == parameter.shape:  # in memory as the weights are, which fused steps rely on
                state[key] = torch.empty_like(parameter).copy_(value)
    torch.set_rng_state(tensors["random"])
    run.curves.from_data(about["curves"])
    print(f"Going on after step {about['step']} (delete {run.checkpoint} to begin anew).")
    return about["step"]


def under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose names begin with a prefix, without it."""
    return {n.removeprefix(prefix): value for n, value in tensors.items() if n.startswith(prefix)}


def by_parameter(tensors: dict[str, Tensor]) -> dict[int, dict[str, Any]]:
    """Return the optimizer's state as it was: for each parameter's number, its tensors by name."""
    state: dict[int, dict[str, Any]] = {}
    for name, value in under("optimizer.", tensors).items():
        index, _, key = name.partition(".")
        state.setdefault(int(index), {})[key] = value
    return state
