"""Boxes, positions, layers, stacks and heads compute what those of `transformers` do."""

import pytest
import torch

from autograder.tests.reference import comparisons
from autograder.tests.reference.comparisons import built, close
from autograder.tests.reference.ours import our_names
from autograder.tests.reference.sources import Tensors, below, cases, from_transformers

SIZE = {"d_model": 16, "n_heads": 4, "dim_ff": 24}
POSITIONS = (
    "usual", "wide", "one_cell", "not_normalised", "other_temperature", "scale_1", "scale_100",
)  # fmt: skip
ENCODER_LAYER = ("with_positions", "without_positions", "faint")
DECODER_LAYER = ("with_positions", "without_positions", "zero_tgt", "faint")
DECODER = ("with_positions", "zero_tgt", "faint")


@pytest.fixture(scope="module")
def weights() -> Tensors:
    return our_names(from_transformers("weights"))


@pytest.fixture(scope="module")
def layers() -> Tensors:
    return from_transformers("layers")


def inputs(layers: Tensors, case: str, *names: str) -> list[torch.Tensor]:
    """Return inputs of a layer, as this case changes them."""
    given = below(layers, "in/")
    if case == "zero_tgt":
        given["tgt"] = torch.zeros_like(given["tgt"])
    if case == "without_positions":
        given |= {name: torch.zeros_like(given[name]) for name in ("pos", "query_pos")}
    factor = given["faint"] if case == "faint" else 1.0
    return [factor * given[name] for name in names]


def weights_of(case: str, weights: Tensors, layers: Tensors) -> Tensors:
    """Return the weights, which are small too where the inputs are."""
    factor = layers["in/faint"] if case == "faint" else 1.0
    return {name: factor * value for name, value in weights.items()}


def test_corners_agree_with_transformers():
    comparisons.compare_conversion(from_transformers("boxes"))


def test_giou_agrees_with_transformers():
    comparisons.compare_giou(from_transformers("boxes"))


@pytest.mark.parametrize("case", POSITIONS)
def test_positions_agree_with_transformers(case):
    numbers = below(from_transformers("positions"), f"{case}/")
    comparisons.compare_positions(numbers["encoding"], *numbers["settings"].tolist())


@pytest.mark.parametrize("case", ENCODER_LAYER)
def test_encoder_layer_agrees_with_transformers(case, weights, layers):
    own = weights_of(case, weights, layers)
    layer = built("encoder_layer", own, "encoder.layers.0.", **SIZE)
    with torch.no_grad():
        close(layer(*inputs(layers, case, "src", "pos")), layers[f"encoder_layer/{case}"])


@pytest.mark.parametrize("case", DECODER_LAYER)
def test_decoder_layer_agrees_with_transformers(case, weights, layers):
    own = weights_of(case, weights, layers)
    layer = built("decoder_layer", own, "decoder.layers.0.", **SIZE)
    with torch.no_grad():
        output = layer(*inputs(layers, case, "tgt", "memory", "pos", "query_pos"))
    close(output, layers[f"decoder_layer/{case}"])


def test_encoder_agrees_with_transformers(weights, layers):
    encoder = built("encoder", weights, "encoder.", n_layers=2, **SIZE)
    with torch.no_grad():
        close(encoder(*inputs(layers, "with_positions", "src", "pos")), layers["encoder"])


@pytest.mark.parametrize("case", DECODER)
def test_every_decoder_output_agrees_with_transformers(case, weights, layers):
    own = weights_of(case, weights, layers)
    decoder = built("decoder", own, "decoder.", n_layers=3, **SIZE)
    with torch.no_grad():
        outputs = decoder(*inputs(layers, case, "tgt", "memory", "pos", "query_pos"))
    close(torch.stack(outputs), layers[f"decoder/{case}"])


def test_heads_agree_with_transformers(weights, layers):
    heads = built("heads", weights, "heads.", d_model=16, num_classes=5)
    with torch.no_grad():
        comparisons.compare_heads(heads, **below(layers, "heads/"))


def test_every_case_of_transformers_is_tested(layers):
    assert cases(from_transformers("positions")) == set(POSITIONS)
    of_layers = {"encoder_layer/": ENCODER_LAYER, "decoder_layer/": DECODER_LAYER, "decoder/": DECODER}
    for prefix, tested in of_layers.items():
        assert set(below(layers, prefix)) == set(tested)
