"""detrlab.checks.probes.dropout: what is read off from a layer's outputs in training mode."""

import pytest
import torch
from torch.nn import functional as F

from detrlab.checks.probes.dropout import added, last_biases, levels_of, often, repeated, silent, together

RATE = 0.4


def masks(*shape: int) -> torch.Tensor:
    """Return what dropout makes of ones, in masks of a shape that expands to [64, 3, 6]."""
    torch.manual_seed(0)
    return F.dropout(torch.ones(shape), RATE).expand(64, 3, 6)


@pytest.mark.parametrize(
    ("shape", "tied"),
    [
        ((64, 3, 6), []),
        ((1, 3, 6), ["images"]),
        ((64, 1, 6), ["tokens"]),
        ((64, 3, 1), ["channels"]),
        ((1, 1, 6), ["images", "tokens"]),
    ],
)
def test_axes_that_share_a_mask_are_named(shape, tied):
    assert together(masks(*shape)) == tied


def test_values_of_dropout_are_zero_and_what_is_enlarged():
    assert levels_of(masks(64, 3, 6)).tolist() == pytest.approx([0, 1 / (1 - RATE)])
    assert len(levels_of(torch.arange(100.0))) == 9


def test_share_of_zeros_is_the_expected_one_only_if_it_can_be():
    values = masks(64, 3, 6)
    assert often(values, RATE) == "40% of the time"
    assert often(values, 0.1) != "10% of the time"
    assert often(torch.ones(900), RATE) == "0% of the time"


def test_what_is_added_is_seen_through_a_norm():
    tokens = repeated(torch.randn(1, 5, 8))
    change = torch.cat([torch.zeros(64, 3, 2), torch.randn(64, 3, 6)], dim=-1)
    output = F.layer_norm(F.layer_norm(tokens + change, (8,)), (8,))
    torch.testing.assert_close(added(output, tokens), change[..., 2:], rtol=1e-4, atol=1e-4)


def test_each_layer_has_one_last_bias_and_silent_weights_scale_by_one():
    stack = torch.nn.ModuleDict({"layers": torch.nn.ModuleList()})
    for _ in range(2):
        parts = [torch.nn.Linear(4, 6), torch.nn.Linear(6, 4), torch.nn.LayerNorm(4)]
        stack["layers"].append(torch.nn.Sequential(*parts))
    weights = stack.state_dict()
    assert last_biases(weights) == ["layers.0.1.bias", "layers.1.1.bias"]
    quiet = silent(weights)
    assert quiet["layers.0.2.weight"].eq(1).all() and not quiet["layers.0.0.weight"].any()
