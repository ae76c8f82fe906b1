"""Cases of notebook 08: two small models, with images that are higher than wide and wider than high.

The probe draws the weights from a seed: those of a backbone are too large for a fixture. The first case
has as many queries as tokens: an answer that confuses the two runs, and the check can name the mistake.
In the second case the numbers differ, so that it fails.
"""

from collections.abc import Iterator

import torch

from autograder.hidden.cases import cases, draw_rate, normal
from detrlab.checks.probing import Case

NAMES = ("num_classes", "num_queries", "d_model", "n_heads", "n_enc_layers", "n_dec_layers", "dim_ff")
# the configuration in the order of NAMES, the backbone, the shape of the images [B, 3, H, W]
SIZES: tuple[tuple[tuple[int, ...], str, tuple[int, ...]], ...] = (
    ((5, 6, 8, 2, 1, 3, 12), "tiny", (2, 3, 30, 40)),
    ((1, 4, 12, 3, 3, 2, 20), "resnet18", (2, 3, 66, 34)),
    *[((1, 1, 8, 1, 1, 1, 8), "tiny", (1, 3, 17, 33))] * 2,  # one of everything
)


@cases
def detr(generator: torch.Generator) -> Iterator[Case]:
    """Draw images [B, 3, H, W], tokens [1, 16, d], and seeds for the weights; check the defaults once."""
    for number, (sizes, backbone_name, shape) in enumerate(SIZES):
        config = dict(zip(NAMES, sizes, strict=True)) | {"backbone_name": backbone_name}
        yield {
            "config": config | {"dropout": draw_rate(generator)},
            "seed": int(torch.randint(2**31, (), generator=generator)),
            "images": normal(generator, *shape),
            "tokens": normal(generator, 1, 16, sizes[NAMES.index("d_model")]),
            "defaults": number == 0,
        }
