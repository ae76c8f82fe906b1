"""A signature of a model's weights that renaming, reordering and permuting leave as it is.

Rows of a matrix that are permuted (hidden units, heads, queries, channels) leave the sum of their outer
products unchanged, so each matrix is described by that sum, seen through a few fixed directions. Two
matrices of independent trainings have signatures that are as good as orthogonal; noise of 1 % of the
weights moves a signature by about 1 % of that.
"""

import functools
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from autograder.workspace.files import write_file
from detrlab.checkpoint import read_detr

DIRECTIONS = 16
LENGTH = DIRECTIONS * (DIRECTIONS + 1) // 2  # numbers of one side of a matrix
WIDEST = 8192  # a longer row is not described
MOST_MATRICES = 200
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Signature:
    """The matrices of a model, M of them.

    Attributes:
        shapes: [M] of str, such as "128x96x9": matrices are compared with those of the same shape.
        sizes: [M], how many numbers each has.
        sides: [M, 2, LENGTH], unit vectors that describe its rows and its columns; 0 where there is
            nothing to describe.
    """

    shapes: NDArray[np.str_]
    sizes: NDArray[np.int64]
    sides: Floats

    def write(self, path: Path) -> None:
        """Write the signature to a file, which is replaced in one step."""
        content = io.BytesIO()
        np.savez(content, shapes=self.shapes, sizes=self.sizes, sides=self.sides)
        write_file(path, content.getvalue())

    @classmethod
    def read(cls, path: Path) -> "Signature":
        """Read what `write` wrote.

        Raises:
            OSError: if there is no such file.
            ValueError: if it holds something else.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                return cls(file["shapes"], file["sizes"], file["sides"])
        except (KeyError, EOFError) as error:
            raise ValueError(f"{path} holds no signature of a model") from error


def read_signature(model: Path) -> Signature:
    """Return the signature of the model in a file that `save_detr` wrote.

    Raises:
        ValueError: if the file is missing, damaged or of another form.
    """
    return signature_of(read_detr(model)[2])


def signature_of(weights: Mapping[str, Tensor]) -> Signature:
    """Describe the matrices among the weights [...] of a model; of many, the largest."""
    found = sorted(matrices(weights), key=torch.numel, reverse=True)[:MOST_MATRICES]
    shapes = ["x".join(map(str, matrix.shape)) for matrix in found]
    sides = [
        [describe(matrix.flatten(1)), describe(matrix.transpose(0, 1).flatten(1))] for matrix in found
    ]
    return Signature(
        np.array(shapes, dtype=np.str_),
        np.array([matrix.numel() for matrix in found], dtype=np.int64),
        np.array(sides, dtype=np.float32).reshape(-1, 2, LENGTH),
    )


def matrices(weights: Mapping[str, Tensor]) -> Iterator[Tensor]:
    """Yield the weights with rows and columns, [out, in, kernel]; joint projections [3d, d] in thirds.

    A model whose queries, keys and values have a layer each holds the same three matrices. What is
    constant has not been trained and is left out.
    """
    for tensor in weights.values():
        if tensor.dim() < 2 or not tensor.is_floating_point() or is_constant(tensor):
            continue
        matrix = tensor.float().flatten(2) if tensor.dim() > 2 else tensor.float()[..., None]
        rows, columns, _ = matrix.shape
        yield from matrix.chunk(3) if rows == 3 * columns else [matrix]


def is_constant(tensor: Tensor) -> bool:
    """Return whether all numbers of a tensor [...] are the same, or there are none."""
    return tensor.numel() == 0 or bool((tensor == tensor.flatten()[0]).all())


def describe(rows: Tensor) -> Floats:
    """Return the unit vector [LENGTH] that describes rows [m, n] without their order and lengths.

    It is 0 for rows that are too short to tell apart, or too long, and for rows that are all 0.
    """
    count, width = rows.shape
    if not DIRECTIONS <= width <= WIDEST:
        return np.zeros(LENGTH, np.float32)
    seen = torch.nn.functional.normalize(rows.double(), dim=1) @ directions(width)
    # Without what rows that point anywhere would give, which all models share.
    products = seen.T @ seen - torch.eye(DIRECTIONS, dtype=torch.float64) * (count / width)
    i, j = torch.triu_indices(DIRECTIONS, DIRECTIONS)
    flat = products[i, j] * torch.where(i == j, 1.0, 2**0.5)
    return torch.nn.functional.normalize(flat, dim=0).float().numpy()


@functools.lru_cache(maxsize=32)
def directions(width: int) -> Tensor:
    """Return DIRECTIONS orthonormal vectors as columns [width, DIRECTIONS], always the same."""
    drawn = np.random.RandomState(width).standard_normal((width, DIRECTIONS))
    return torch.from_numpy(np.linalg.qr(drawn)[0])
