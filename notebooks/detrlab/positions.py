"""Adapt the positional encoding of a model to feature maps of few cells, those of the toy images.

A photograph at the paper's size has 25 x 34 cells and more; a toy image has 8 x 8. With the paper's
settings the fastest wave has one period over the whole image, so the encodings of neighbouring cells of a
toy image differ little.
"""

import math
from typing import Any

# For the toy images: the fastest wave has six periods, and the frequencies fall less steeply.
TOY_POSITIONS = {"temperature": 20.0, "scale": 12 * math.pi}


def with_positions(model: Any, temperature: float, scale: float) -> Any:
    """Replace the positional encoding of a DETR, in place; return the model.

    Args:
        model: with `query_embed` and `position_encoding`, whose class is kept.
        temperature, scale: what the new encoding is built with.
    """
    queries = model.query_embed.weight
    encoding = type(model.position_encoding)(queries.shape[1], temperature=temperature, scale=scale)
    model.position_encoding = encoding.to(queries.device)
    model.position_settings = {"temperature": temperature, "scale": scale}  # for save_detr
    return model
