"""Turn nested plain data with tensors in it into JSON and a flat set of tensors, and back.

One form serves the check fixtures in `data/checks/` and the pipe between the grader and the process
that runs a learner's code: nothing is pickled, so that reading it cannot execute anything.
"""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

PLAIN = (bool, int, float, str, type(None))
NON_FINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


def flatten(
    value: Any, tensors: dict[str, torch.Tensor], other: Callable[[Any], dict] | None = None
) -> Any:
    """Return `value` as JSON data; its tensors go into `tensors`, numbered in order of appearance.

    Args:
        value: nested lists, tuples and dicts of plain data and tensors [...] of any shape.
        tensors: filled with copies of the tensors, on the CPU, named "0", "1", ...
        other: turns a value that is neither plain nor a tensor into a JSON object.

    Raises:
        TypeError: if there is such a value, and no `other`.
    """
    if isinstance(value, torch.Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().cpu().contiguous().clone()
        return {"tensor": name}
    if type(value) is float and not math.isfinite(value):
        return {"number": str(value)}
    if type(value) in PLAIN:
        return value
    if isinstance(value, torch.Size):
        return [int(length) for length in value]
    if type(value) is tuple:
        return {"tuple": [flatten(item, tensors, other) for item in value]}
    if type(value) is list:
        return [flatten(item, tensors, other) for item in value]
    if isinstance(value, Mapping) and all(type(key) in (str, int) for key in value):
        pairs = [[key, flatten(item, tensors, other)] for key, item in value.items()]
        return {"dict": pairs}
    if other is None:
        raise TypeError(f"a {type(value).__name__} is neither plain data nor a tensor")
    return other(value)


def unflatten(
    data: Any, tensors: Mapping[str, torch.Tensor], other: Callable[[dict], Any] | None = None
) -> Any:
    """Return the value that `flatten` took apart.

    Args:
        data: JSON data, as `flatten` returns it.
        tensors: the tensors [...] by name; they are not copied.
        other: turns the JSON objects of `flatten`'s `other` back into values.

    Raises:
        ValueError: if `data` is not of that form.
    """
    if isinstance(data, list):
        return [unflatten(item, tensors, other) for item in data]
    if not isinstance(data, dict):
        return data
    match data:
        case {"tensor": str(name)} if name in tensors:
            return tensors[name]
        case {"number": str(name)} if name in NON_FINITE:
            return NON_FINITE[name]
        case {"tuple": list(items)}:
            return tuple(unflatten(item, tensors, other) for item in items)
        case {"dict": list(pairs)}:
            return {key: unflatten(item, tensors, other) for key, item in pairs}
    if other is None:
        raise ValueError("the data is not of the form that flatten writes")
    return other(data)


def tensors_in(value: Any) -> list[torch.Tensor]:
    """Return the tensors [...] of nested plain data, in the order in which `flatten` numbers them."""
    if isinstance(value, torch.Tensor):
        return [value]
    items = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list | tuple):
        return []
    return [tensor for item in items for tensor in tensors_in(item)]


def write(path: Path, value: Any) -> None:
    """Write nested plain data and tensors to one safetensors file."""
    tensors: dict[str, torch.Tensor] = {}
    text = json.dumps(flatten(value, tensors), ensure_ascii=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, metadata={"json": text})


def read(path: Path) -> Any:
    """Read what `write` wrote."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return unflatten(json.loads(file.metadata()["json"]), tensors)
