"""Boxes, positions, layers, stacks and heads compute what those of the paper's code do."""

import pytest
import torch

from autograder.tests.reference import comparisons
from autograder.tests.reference.comparisons import built, close
from autograder.tests.reference.ours import our_names
from autograder.tests.reference.sources import Tensors, below, from_the_paper, needs_oracle

pytestmark = needs_oracle

SIZE = {"d_model": 32, "n_heads": 4, "dim_ff": 64}


@pytest.fixture(scope="module")
def weights() -> Tensors:
    return our_names(below(from_the_paper("weights_tiny"), "sd/"))


@pytest.fixture(scope="module")
def layers() -> Tensors:
    return from_the_paper("layers")


def batch_first(layers: Tensors, *names: str) -> list[torch.Tensor]:
    """Return tensors [L, B, d] as [B, L, d]."""
    return [layers[name].transpose(0, 1) for name in names]


def test_corners_agree_with_the_papers_code():
    comparisons.compare_conversion(from_the_paper("boxes"))


def test_giou_agrees_with_the_papers_code():
    comparisons.compare_giou(from_the_paper("boxes"))


@pytest.mark.parametrize(
    "case", ["plain_5x7", "one_by_one", "unnormalized", "temp20_npf8", "scale1", "npf4"]
)
def test_positions_agree_with_the_papers_code(case):
    numbers = below(from_the_paper("pe"), f"{case}/")
    unmasked = ~numbers["mask"].flatten(1).any(1)
    assert unmasked.any(), "this case has padding in every image"
    features, *others = numbers["cfg"].tolist()
    comparisons.compare_positions(numbers["pos"][unmasked], 2 * features, *others)


def test_encoder_layer_without_positions_agrees_with_the_papers_code(weights, layers):
    layer = built("encoder_layer", weights, "encoder.layers.0.", **SIZE)
    src, expected = batch_first(layers, "in/src", "enc_post/out_nomask_nopos")
    with torch.no_grad():
        close(layer(src, torch.zeros_like(src)), expected)


@pytest.fixture
def whole(layers) -> torch.Tensor:
    """Return which images have no padding: what is computed for them does not depend on the mask."""
    whole = ~layers["in/mask"].any(1)
    assert whole.any(), "every image of the batch is padded"
    return whole


def test_encoder_layer_agrees_with_the_papers_code(weights, layers, whole):
    layer = built("encoder_layer", weights, "encoder.layers.0.", **SIZE)
    src, pos, expected = batch_first(layers, "in/src", "in/pos", "enc_post/out")
    with torch.no_grad():
        close(layer(src[whole], pos[whole]), expected[whole])


@pytest.mark.parametrize("case", ["out", "out_zero_tgt"])
def test_decoder_layer_agrees_with_the_papers_code(case, weights, layers, whole):
    layer = built("decoder_layer", weights, "decoder.layers.0.", **SIZE)
    names = ("in/tgt", "in/src", "in/pos", "in/query_pos", f"dec_post/{case}")  # src is the memory here
    tgt, *others, expected = (tensor[whole] for tensor in batch_first(layers, *names))
    if case == "out_zero_tgt":
        tgt = torch.zeros_like(tgt)
    with torch.no_grad():
        close(layer(tgt, *others), expected)


def test_both_stacks_agree_with_the_papers_code(weights, layers):
    whole = ~layers["tr/mask"].flatten(1).any(1)
    assert whole.any(), "every image of the batch is padded"
    names = ("tr/src", "tr/pos", "tr_post/memory")
    src, pos, expected = (layers[name][whole].flatten(2).transpose(1, 2) for name in names)
    queries = layers["tr/query_embed"].expand(len(src), -1, -1)
    encoder = built("encoder", weights, "encoder.", n_layers=2, **SIZE)
    decoder = built("decoder", weights, "decoder.", n_layers=2, **SIZE)
    with torch.no_grad():
        memory = encoder(src, pos)
        close(memory, expected)
        outputs = decoder(torch.zeros_like(queries), memory, pos, queries)
    close(torch.stack(outputs), layers["tr_post/hs"][:, whole])


def test_heads_agree_with_the_papers_code(weights, layers):
    heads = built("heads", weights, "heads.", d_model=32, num_classes=5)
    with torch.no_grad():
        comparisons.compare_heads(heads, layers["tr_post/hs"], **below(layers, "heads/"))
