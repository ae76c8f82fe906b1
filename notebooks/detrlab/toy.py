"""Make the toy data of the week: circles, squares and triangles on a noisy background."""

import functools
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

CLASSES = ("circle", "square", "triangle")

Target = dict[str, Tensor]
Sample = tuple[Tensor, Target]

# Held out: no training of the course uses these seeds.
SIX_SEED = 20_200_526
VALIDATION_SEED = 20_200_527
VALIDATION = Path(__file__).parents[2] / "data" / "toy_validation.npz"
SIX_INDICES = (13, 31, 42, 34, 4, 26)

_BACKGROUND = -1
_NOISE_LEVELS, _NOISE_STEP = 8, 8
_ATTEMPTS = 20


def make_synthetic_sample(
    seed: int, index: int, size: int = 128, max_objects: int = 5
) -> tuple[Tensor, Target]:
    """Draw one image with its target, the same for (seed, index) on every computer.

    Everything is drawn with integers from a random stream that NumPy promises never to change,
    and turned into floats by one division at the end: no rounding can differ between platforms.

    Args:
        seed: which data set, 0 or more.
        index: which image of that data set, 0 or more.
        size: height and width of the image in pixels, 32 or more.
        max_objects: the image holds 1 to this many objects (fewer where there is no room left).

    Returns:
        image: float32 [3, size, size] in [0, 1].
        target: "labels" int64 [M], indices into CLASSES, and "boxes" float32 [M, 4], each
            (cx, cy, w, h) in [0, 1] of the image, tight around the pixels that can be seen.

    Raises:
        ValueError: if the size, the number of objects, the seed or the index is too small.
    """
    if size < 32 or max_objects < 1 or seed < 0 or index < 0:
        raise ValueError(
            "A sample needs size >= 32, max_objects >= 1, seed >= 0 and index >= 0, "
            f"not size={size}, max_objects={max_objects}, seed={seed}, index={index}."
        )
    random = np.random.RandomState(np.random.MT19937(np.random.SeedSequence(seed, spawn_key=(index,))))
    base = _integer(random, 72, 184) + random.randint(-16, 16, 3, dtype=np.int64)
    labels, owner = _place_objects(random, size, _integer(random, 1, max_objects + 1))

    # A colour 80 to 176 levels away on the circle of 256 is at least 80 away in every channel,
    # and the noise is at most 32: no object can vanish in its background.
    offsets = random.randint(80, 177, (len(labels), 3), dtype=np.int64)
    palette = ((base + offsets) % 256).astype(np.uint8)
    noise = random.randint(0, _NOISE_LEVELS, (size, size), dtype=np.uint8) * np.uint8(_NOISE_STEP)
    pixels = (base - _NOISE_LEVELS * _NOISE_STEP // 2).astype(np.uint8)[:, None, None] + noise
    seen = owner != _BACKGROUND
    pixels[:, seen] = palette[owner[seen]].T

    image = pixels.astype(np.float32) / np.float32(255)
    boxes = np.array([_tight_box(owner == number) for number in range(len(labels))], np.float32)
    target = {
        "labels": torch.tensor(labels, dtype=torch.int64),
        "boxes": torch.from_numpy(boxes / np.float32(2 * size)),
    }
    return torch.from_numpy(image), target


def _integer(random: np.random.RandomState, low: int, high: int) -> int:
    """Draw an integer in low..high-1, with the same bits on every platform."""
    return int(random.randint(low, high, dtype=np.int64))


def _place_objects(
    random: np.random.RandomState, size: int, count: int
) -> tuple[list[int], NDArray[np.int8]]:
    """Place up to `count` objects; return their labels and, per pixel, the number of its owner."""
    owner = np.full((size, size), _BACKGROUND, np.int8)
    labels: list[int] = []
    placed: list[tuple[int, int, int]] = []
    for _ in range(count):
        for _ in range(_ATTEMPTS):
            side = _integer(random, 12 * size // 128, 48 * size // 128 + 1)
            left, top = _integer(random, 0, size - side + 1), _integer(random, 0, size - side + 1)
            if any(_hides(earlier, (left, top, side)) for earlier in placed):
                continue
            label = _integer(random, 0, len(CLASSES))
            region = owner[top : top + side, left : left + side]
            region[_shape(label, side)] = len(placed)
            placed.append((left, top, side))
            labels.append(label)
            break
    return labels, owner


def _hides(first: tuple[int, int, int], second: tuple[int, int, int]) -> bool:
    """Return whether two squares (left, top, side) share over 15 % of the smaller one.

    Stricter than IoU, which stays small while a large object swallows a small one.
    """
    (left1, top1, side1), (left2, top2, side2) = first, second
    width = min(left1 + side1, left2 + side2) - max(left1, left2)
    height = min(top1 + side1, top2 + side2) - max(top1, top2)
    smaller = min(side1, side2) ** 2
    return width > 0 and height > 0 and 100 * width * height > 15 * smaller


def _shape(label: int, side: int) -> NDArray[np.bool_]:
    """Draw one shape as a mask [side, side] that touches all four edges."""
    steps = np.arange(side)
    across = np.abs(2 * steps + 1 - side)  # twice the distance of a pixel's centre from the middle
    if CLASSES[label] == "circle":
        return across[:, None] ** 2 + across[None, :] ** 2 <= side**2
    if CLASSES[label] == "triangle":
        return across[None, :] <= steps[:, None] + 1
    return np.ones((side, side), np.bool_)


def _tight_box(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return twice (cx, cy, w, h) of a mask in pixels: doubled, it stays an integer."""
    columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    x0, x1, y0, y1 = int(columns[0]), int(columns[-1]) + 1, int(rows[0]), int(rows[-1]) + 1
    return x0 + x1, y0 + y1, 2 * (x1 - x0), 2 * (y1 - y0)


class ToyDetectionDataset(Dataset[Sample]):
    """Serve `num_samples` toy images; image i depends on (seed, i) alone, not on the order."""

    def __init__(self, num_samples: int, seed: int = 0, size: int = 128, max_objects: int = 5) -> None:
        self.num_samples = num_samples
        self.seed = seed
        self.size = size
        self.max_objects = max_objects

    def __len__(self) -> int:
        return self.num_samples

    def __getitem__(self, index: int) -> Sample:
        """Return (image [3, size, size], target); raise IndexError outside 0..num_samples-1."""
        if not 0 <= index < self.num_samples:
            raise IndexError(f"This data set holds images 0 to {self.num_samples - 1}: no {index}.")
        return make_synthetic_sample(self.seed, index, self.size, self.max_objects)


def six_images() -> list[Sample]:
    """Return the six held-out samples (image [3, 128, 128], target) that every notebook ends with."""
    return [make_synthetic_sample(SIX_SEED, index) for index in SIX_INDICES]


@functools.cache
def validation_set() -> list[Sample]:
    """Return the 200 validation samples that ship with the course (data/toy_validation.npz).

    Returns:
        Samples (image [3, 128, 128] in [0, 1], target), as `make_synthetic_sample` makes them.

    Raises:
        FileNotFoundError: if the data folder is missing.
    """
    if not VALIDATION.is_file():
        raise FileNotFoundError(
            f"The validation images are missing: {VALIDATION.name} should lie in the data folder beside "
            "the notebooks folder. Unpack the course again, with its data folder."
        )
    with np.load(VALIDATION) as file:
        images = torch.from_numpy(file["images"].astype(np.float32) / np.float32(255))
        labels, boxes = torch.from_numpy(file["labels"]), torch.from_numpy(file["boxes"])
        counts = file["counts"].tolist()
    targets = zip(labels.split(counts), boxes.split(counts), strict=True)
    return [
        (image, {"labels": image_labels, "boxes": image_boxes})
        for image, (image_labels, image_boxes) in zip(images, targets, strict=True)
    ]
