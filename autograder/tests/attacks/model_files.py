"""Files in the place of a trained model. None of them gets a point.

A function marked `@model_file(message)` becomes a ModelFile: it writes the file that it is named after,
for a class that the student defines, if it is marked with the source of one.
"""

import json
import pickle
import struct
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from detrlab.checkpoint import SHIPPED

CREATED_BY_PICKLE = Path(
    tempfile.gettempdir(), "attacked-by-pickle"
)  # by the pickle below, once it is loaded


@dataclass(frozen=True)
class ModelFile:
    """A file in the place of a trained model, its class, and a part of the student's message."""

    name: str
    write: Callable[[Path], None]
    message: str
    source: str = ""


def model_file(message: str, source: str = "") -> Callable[[Callable[[Path], None]], ModelFile]:
    """Turn a function that writes a file into a ModelFile of the function's name."""

    def describe(write: Callable[[Path], None]) -> ModelFile:
        return ModelFile(write.__name__, write, message, source)

    return describe


class CreateFile:
    """Creates a file where it is unpickled."""

    def __reduce__(self) -> tuple:
        return exec, (f"open({str(CREATED_BY_PICKLE)!r}, 'w').close()",)


def resave(path: Path, change: Callable[[dict], object]) -> None:
    """Write the shipped model, changed, as save_detr writes it."""
    tensors = load_file(SHIPPED)
    change(tensors)
    arguments = {"d_model": 64, "n_heads": 4, "dim_ff": 128, "backbone_name": "tiny"}
    save_file(tensors, path, metadata={"detr": json.dumps(arguments), "order": json.dumps(list(tensors))})


@model_file("is not a complete safetensors file")
def pickled(path: Path) -> None:
    """Submit a pickle that runs code when it is loaded."""
    path.write_bytes(pickle.dumps(CreateFile()))


@model_file("is not a complete safetensors file")
def saved_by_torch(path: Path) -> None:
    """Submit what torch.save writes."""
    torch.save({"weight": torch.zeros(3)}, path)


@model_file("is not a complete safetensors file")
def truncated(path: Path) -> None:
    """Cut the shipped model off at its end."""
    path.write_bytes(SHIPPED.read_bytes()[:-1000])


@model_file("is not a complete safetensors file")
def one_byte(path: Path) -> None:
    """Submit a file that ends where it begins; an empty one is refused by intake."""
    path.write_bytes(b"{")


@model_file("is not a complete safetensors file")
def header_that_lies(path: Path) -> None:
    """Announce a header of 2^62 bytes."""
    path.write_bytes(struct.pack("<Q", 1 << 62) + b"{}")


@model_file("is not a complete safetensors file")
def overlapping_tensors(path: Path) -> None:
    """Place a thousand tensors of a gigabyte in the same four bytes."""
    entry = {"dtype": "F32", "shape": [1 << 28], "data_offsets": [0, 4]}
    header = json.dumps({f"w{number}": entry for number in range(1000)}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 4)


@model_file("larger than")
def huge(path: Path) -> None:
    """Submit more numbers than a toy model has."""
    save_file({"weight": torch.zeros(7_800_000)}, path, metadata={"detr": "{}"})


@model_file("not finite")
def not_a_number(path: Path) -> None:
    """Submit the shipped model with one number replaced by NaN."""
    resave(path, lambda tensors: tensors[min(tensors)].view(-1)[:1].fill_(float("nan")))


@model_file("does not fit")
def other_shapes(path: Path) -> None:
    """Submit the shipped model with one more tensor."""
    resave(path, lambda tensors: tensors.update(extra=torch.zeros(3, 3)))


@model_file("does not say which DETR it holds")
def giant_arguments(path: Path) -> None:
    """Ask for a model that is too large for any memory."""
    save_file({"weight": torch.zeros(1)}, path, metadata={"detr": '{"d_model": 1000000000}'})


@model_file("does not say which DETR it holds")
def foreign(path: Path) -> None:
    """Submit another network."""
    save_file({"conv.weight": torch.zeros(3, 3)}, path)


@model_file("does not fit")
def of_another_student(path: Path) -> None:
    """Submit the same file as another student."""
    path.write_bytes(SHIPPED.read_bytes())


@model_file("does not fit")
def of_another_student_too(path: Path) -> None:
    """Submit the same file as `of_another_student`."""
    path.write_bytes(SHIPPED.read_bytes())


UNUSABLE = [value for value in list(globals().values()) if isinstance(value, ModelFile)]
