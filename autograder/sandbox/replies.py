"""Check a worker's reply before it is used: the learner's code may have forged it."""

from typing import Any

import torch

from detrlab.checks.wire import ProtocolError

# What the learner's code may hand over: torch itself can do little with numbers of other types.
TYPES = {torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.complex64}
TYPES |= {torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex128}


def check_form(reply: Any, tensors: dict[str, torch.Tensor]) -> None:
    """Raise ProtocolError unless a reply is an object, and its tensors hold numbers of known types."""
    if not isinstance(reply, dict):
        raise ProtocolError("the reply is not of the agreed form")
    if odd := [tensor.dtype for tensor in tensors.values() if tensor.dtype not in TYPES]:
        raise ProtocolError(f"your code handed over numbers of the type {odd[0]}")


def is_number(value: Any) -> bool:
    """Say whether what a sandbox says it used is a number that can be shown."""
    return type(value) in (int, float) and 0 <= value < 1e9
