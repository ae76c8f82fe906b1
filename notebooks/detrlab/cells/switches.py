"""torch's global switches: a check runs under its own, whatever a cell has left them at."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class Switch:
    """One of torch's global settings, and what it is when nobody has touched it."""

    words: str
    standard: Any
    read: Callable[[], Any]
    write: Callable[[Any], Any]


SWITCHES = (
    Switch("the default dtype", torch.float32, torch.get_default_dtype, torch.set_default_dtype),
    Switch("the default device", torch.device("cpu"), torch.get_default_device, torch.set_default_device),
    Switch("gradients (torch.set_grad_enabled)", True, torch.is_grad_enabled, torch.set_grad_enabled),
    Switch(
        "deterministic algorithms",
        False,
        torch.are_deterministic_algorithms_enabled,
        torch.use_deterministic_algorithms,
    ),
    Switch("anomaly detection", False, torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly),
)


def set_to_standard() -> None:
    """Set every switch to what it is when nobody has touched it."""
    for switch in SWITCHES:
        if switch.read() != switch.standard:
            switch.write(switch.standard)


@contextlib.contextmanager
def standard_switches() -> Iterator[list[str]]:
    """Run a block under the standard switches, and set them back to what they were.

    Yields:
        which switches were found changed, in words with the value, like "gradients ... is False".
    """
    found = [(switch, switch.read()) for switch in SWITCHES]
    changed = [(switch, value) for switch, value in found if value != switch.standard]
    set_to_standard()
    try:
        yield [f"{switch.words}: {value}" for switch, value in changed]
    finally:
        for switch, value in found:
            if switch.read() != value:
                switch.write(value)
