"""detrlab.photos: a photograph read as the released DETR-R50 expects it."""

import numpy as np
import torch
from PIL import Image

from detrlab import released


def test_photo_is_read_at_size_of_the_paper(tmp_path):
    for width, height, expected in ((320, 240, [3, 800, 1067]), (100, 400, [3, 1333, 333])):
        Image.fromarray(np.full((height, width, 3), 51, np.uint8)).save(tmp_path / "photo.png")
        photo = released.read_photo(tmp_path / "photo.png")
        assert list(photo.shape) == expected
        assert torch.allclose(photo, torch.tensor(0.2))
