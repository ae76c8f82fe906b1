"""Files that pretend to be a trained model: functions that hand one in, and the words that it gets.

None of them gets a point; the notebooks that they come with are empty, so that nothing else does.
"""

import json
import pickle
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from detrlab.checkpoint import SHIPPED

FILES: dict[str, tuple[Callable[[Path], None], str]] = {}


def weights(message: str) -> Callable:
    """Register a function that writes a model file, with the words that its student gets."""

    def register(function: Callable) -> Callable:
        FILES[function.__name__] = (function, message)
        return function

    return register


MARK = Path(tempfile.gettempdir(), "attacked-by-pickle")  # made by it, were it ever unpickled


class Command:
    """Runs a command where it is unpickled."""

    def __reduce__(self) -> tuple:
        return exec, (f"open({str(MARK)!r}, 'w').close()",)


@weights("is not a complete safetensors file")
def pickled(path: Path) -> None:
    """Hand in a pickle that runs code when it is loaded."""
    path.write_bytes(pickle.dumps(Command()))


@weights("is not a complete safetensors file")
def saved_by_torch(path: Path) -> None:
    """Hand in what torch.save writes."""
    torch.save({"weight": torch.zeros(3)}, path)


@weights("is not a complete safetensors file")
def truncated(path: Path) -> None:
    """Cut the shipped model off."""
    path.write_bytes(SHIPPED.read_bytes()[:-1000])


@weights("is not a complete safetensors file")
def empty(path: Path) -> None:
    """Hand in nothing."""
    path.write_bytes(b"")


@weights("is not a complete safetensors file")
def header_that_lies(path: Path) -> None:
    """Promise a header of 2^62 bytes."""
    path.write_bytes(struct.pack("<Q", 1 << 62) + b"{}")


@weights("is not a complete safetensors file")
def overlapping_tensors(path: Path) -> None:
    """Say that a thousand tensors of a gigabyte lie in the same four bytes."""
    entry = {"dtype": "F32", "shape": [1 << 28], "data_offsets": [0, 4]}
    header = json.dumps({f"w{number}": entry for number in range(1000)}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 4)


@weights("larger than")
def huge(path: Path) -> None:
    """Hand in more than a toy model."""
    save_file({"weight": torch.zeros(7_800_000)}, path, metadata={"detr": "{}"})


@weights("not finite")
def not_a_number(path: Path) -> None:
    """Hand in the shipped model with one number spoilt."""
    resave(path, lambda tensors: tensors[min(tensors)].view(-1)[:1].fill_(float("nan")))


@weights("does not fit")
def other_shapes(path: Path) -> None:
    """Hand in a model with one tensor too many."""
    resave(path, lambda tensors: tensors.update(extra=torch.zeros(3, 3)))


@weights("does not say which DETR it holds")
def giant_arguments(path: Path) -> None:
    """Ask for a model that fits in no memory."""
    save_file({"weight": torch.zeros(1)}, path, metadata={"detr": '{"d_model": 1000000000}'})


@weights("does not say which DETR it holds")
def foreign(path: Path) -> None:
    """Hand in some other network."""
    save_file({"conv.weight": torch.zeros(3, 3)}, path)


@weights("does not fit")
def of_another_student(path: Path) -> None:
    """Hand in the same file as somebody else."""
    path.write_bytes(SHIPPED.read_bytes())


@weights("does not fit")
def of_another_student_too(path: Path) -> None:
    """Be that somebody."""
    path.write_bytes(SHIPPED.read_bytes())


def resave(path: Path, change: Callable[[dict], object]) -> None:
    """Write the shipped model, changed, as save_detr writes it."""
    tensors = load_file(SHIPPED)
    change(tensors)
    arguments = {"d_model": 64, "n_heads": 4, "dim_ff": 128, "backbone_name": "tiny"}
    save_file(tensors, path, metadata={"detr": json.dumps(arguments), "order": json.dumps(list(tensors))})
