"""Validate a worker's reply before it is used: the learner's code may have forged it."""

from typing import Any

import torch

from detrlab.checks.wire import ProtocolError

# The types of the tensors that a reply may hold: torch supports few operations on others.
TYPES = {torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.complex64}
TYPES |= {torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex128}


def check_form(reply: Any, tensors: dict[str, torch.Tensor]) -> None:
    """Validate the form of a reply.

    Raises:
        ProtocolError: if it is no JSON object, or a tensor is of a type that is not in TYPES.
    """
    if not isinstance(reply, dict):
        raise ProtocolError("the reply is not of the agreed form")
    if unknown := [tensor.dtype for tensor in tensors.values() if tensor.dtype not in TYPES]:
        raise ProtocolError(f"your code handed over numbers of the type {unknown[0]}")


def is_number(value: Any) -> bool:
    """Return whether a value that a sandbox reports as its usage is a plausible number."""
    return type(value) in (int, float) and 0 <= value < 1e9
