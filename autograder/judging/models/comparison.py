"""How far the weights of models lie apart, whatever the names and the order of their parts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from autograder.judging.models.signature import LENGTH, Signature

EQUAL = 0.002  # nearer than this lie weights that differ in their last digits
ALIKE = (
    0.05  # nearer than this lie copies, also changed or trained on; one seed on two computers does not
)
SAME_START = 0.6  # nearer than this lie trainings from the same first weights; different seeds do not
QUARTER = 0.25  # of the numbers of a model decide: the rest may be anything
Distances = NDArray[np.float64]


class Collection:
    """The signatures of N models, by shape of their matrices, to compare one model with all of them."""

    def __init__(self, signatures: Sequence[Signature]):
        self.count = len(signatures)
        counts = [len(signature.sizes) for signature in signatures]
        owners = np.repeat(np.arange(self.count), counts)
        shapes = np.concatenate([np.zeros(0, np.str_), *(one.shapes for one in signatures)])
        sizes = np.concatenate([np.zeros(0, np.int64), *(one.sizes for one in signatures)])
        sides = np.concatenate([np.zeros((0, 2, LENGTH), np.float32), *(one.sides for one in signatures)])
        self.by_shape = {
            shape: (owners[chosen], sizes[chosen], sides[chosen])
            for shape in np.unique(shapes)
            for chosen in [shapes == shape]
        }

    def distances(self, model: Signature) -> Distances:
        """Return how far a model lies from each of the N models, [N]: 0 for equal, about 1 for unrelated.

        The smallest difference, as a share of the weights, within which a quarter of the numbers of one
        of the two finds its like in the other. Each matrix is compared with all of its shape.
        """
        there, back = [], []
        for shape in np.unique(model.shapes):
            if shape not in self.by_shape:
                continue
            own = model.shapes == shape
            owners, sizes, sides = self.by_shape[shape]
            apart = matrix_distances(model.sides[own], sides)
            back.append((owners, sizes, apart.min(axis=0)))
            starts = np.flatnonzero(np.diff(owners, prepend=-1))
            nearest = np.minimum.reduceat(apart, starts, axis=1)
            number = np.broadcast_to(owners[starts], nearest.shape)
            size = np.broadcast_to(model.sizes[own][:, None], nearest.shape)
            there.append((number.ravel(), size.ravel(), nearest.ravel()))
        totals = np.bincount(
            np.concatenate([np.zeros(0, np.int64), *(owners for owners, _, _ in self.by_shape.values())]),
            np.concatenate([np.zeros(0), *(sizes for _, sizes, _ in self.by_shape.values())]),
            self.count,
        )
        own_total = np.full(self.count, float(model.sizes.sum()))
        return np.minimum(self.quarters(there, own_total), self.quarters(back, totals))

    def quarters(self, found: list[tuple[NDArray, NDArray, NDArray]], totals: NDArray) -> Distances:
        """Return for each of the N models the distance within which a quarter of `totals` lies, [N].

        Args:
            found: for matrices of one shape the model, the size and the distance of each.
            totals: [N], the numbers of which a quarter is meant.
        """
        result = np.full(self.count, np.inf)
        if not found:
            return result
        owners, sizes, apart = (np.concatenate(parts) for parts in zip(*found, strict=True))
        order = np.lexsort((apart, owners))
        owners, sizes, apart = owners[order], sizes[order], apart[order]
        sums = np.cumsum(sizes)
        starts = np.flatnonzero(np.diff(owners, prepend=-1))
        before = np.repeat(sums[starts] - sizes[starts], np.diff(np.append(starts, len(owners))))
        enough = sums - before >= QUARTER * totals[owners]
        np.minimum.at(result, owners[enough], apart[enough])
        return result


def matrix_distances(first: NDArray, second: NDArray) -> NDArray:
    """Return how far matrices lie apart, [m, n]: by rows or columns, whichever are nearer.

    Args:
        first, second: their sides, [m, 2, LENGTH] and [n, 2, LENGTH].
    """
    alike = np.stack([first[:, side] @ second[:, side].T for side in (0, 1)]).max(axis=0)
    return np.sqrt(np.clip(1 - alike, 0, None))


def distance(first: Signature, second: Signature) -> float:
    """Return how far two models lie apart, as `Collection.distances` says."""
    return float(Collection([second]).distances(first)[0])
