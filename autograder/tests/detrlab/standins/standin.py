"""Stand-ins by name, a small DETR of them, and which of its weights a gradient reached."""

from typing import Any

from torch import nn

from detrlab.standins.registry import STANDINS

SMALL = {"d_model": 16, "n_heads": 2, "dim_ff": 24, "dropout": 0.0}


def standin(step: str, name: str) -> Any:
    """Return a stand-in of a step."""
    return STANDINS[step][name]


def five_query_detr() -> Any:
    """Build a DETR with five queries and three decoder layers."""
    settings = {"num_queries": 5, "n_enc_layers": 1, "n_dec_layers": 3, "backbone_name": "tiny"}
    return standin("08_detr", "DETR")(**SMALL | settings)


def parameters_without_gradient(module: nn.Module) -> list[str]:
    """Return the names of the parameters that no gradient reached."""
    return [
        name for name, weight in module.named_parameters() if weight.grad is None or not weight.grad.any()
    ]
