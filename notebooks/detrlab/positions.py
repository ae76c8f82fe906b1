"""Fit the positions of a model to its images: how fine are the waves of the positional encoding?

A photograph at the paper's size has 25 x 34 cells and more; a toy image has 8 x 8. With the paper's
settings the fastest wave makes one turn over the whole image, and two neighbouring cells look much alike.
"""

import math
from typing import Any

# For the toy images: six turns of the fastest wave, and waves that slow down less steeply.
TOY_POSITIONS = {"temperature": 20.0, "scale": 12 * math.pi}


def with_positions(model: Any, temperature: float, scale: float) -> Any:
    """Give a DETR positions of its own kind with another temperature and scale; return it."""
    queries = model.query_embed.weight
    encoding = type(model.position_encoding)(queries.shape[1], temperature=temperature, scale=scale)
    model.position_encoding = encoding.to(queries.device)
    model.position_settings = {"temperature": temperature, "scale": scale}  # for save_detr
    return model
