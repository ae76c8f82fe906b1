"""Read the numbers of others: of the package `transformers`, and of the paper's own code.

The former lie in numbers/, written by make_numbers.py. The latter, a second opinion, are no part of the
project: they are read from shared/oracle beside the checkout, where that is.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

NUMBERS = Path(__file__).parent / "numbers"
ORACLE = Path(__file__).parents[3].parent / "shared" / "oracle"
Tensors = dict[str, torch.Tensor]

needs_oracle = pytest.mark.skipif(
    not ORACLE.is_dir(), reason="the numbers of the paper's code do not lie beside this checkout"
)


def from_transformers(name: str) -> Tensors:
    """Read one of our own files of numbers."""
    return load_file(NUMBERS / f"{name}.safetensors")


def from_the_paper(name: str) -> Tensors:
    """Read one of the files of the paper's code."""
    with np.load(ORACLE / f"{name}.npz") as file:
        return {key: torch.from_numpy(file[key]) for key in file.files}


def below(entries: Tensors, prefix: str) -> Tensors:
    """Return the entries whose names begin with a prefix, under the rest of their names."""
    return {
        name.removeprefix(prefix): value for name, value in entries.items() if name.startswith(prefix)
    }


def cases(entries: Iterable[str]) -> set[str]:
    """Return what stands before the slash in names like "case/field"."""
    return {name.partition("/")[0] for name in entries}
