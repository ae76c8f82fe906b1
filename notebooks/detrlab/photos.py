"""Read a photograph as the released DETR-R50 expects it: its size, and how its colours are normalised."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

# Mean and standard deviation of the colours of ImageNet's photographs in [0, 1], [3, 1, 1]: the network
# expects (image - MEAN) / STD.
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
SHORT_SIDE, LONG_SIDE = 800, 1333  # pixels


def read_photo(path: Path | str) -> Tensor:
    """Read a photograph at the largest size that the paper uses (section 4, technical details).

    Args:
        path: the file, in any format and orientation that Pillow reads.

    Returns:
        The image [3, H, W] in [0, 1], not yet normalised. Its short side has 800 pixels, unless its long
        side would exceed 1333; then that has 1333.
    """
    with Image.open(path) as file:
        photo = ImageOps.exif_transpose(file).convert("RGB")
    scale = min(SHORT_SIDE / min(photo.size), LONG_SIDE / max(photo.size))
    width, height = (round(side * scale) for side in photo.size)
    pixels = np.array(photo.resize((width, height), Image.Resampling.BILINEAR))
    return torch.from_numpy(pixels).permute(2, 0, 1) / 255
