"""detrlab.released: the names of the released DETR-R50 translated into ours and back, strictly."""

import math

import numpy as np
import pytest
import torch

from autograder.tests.detrlab.released.models import are_equal, build_r50
from autograder.tests.detrlab.released.released_shapes import released_shapes
from autograder.workspace.paths import ROOT
from detrlab import released
from detrlab.released import NotLoaded

# What the reference implementation counts (frozen norms are no parameters), and of that what it trains.
PARAMETERS, TRAINED, NORM = 41_524_768, 41_302_368, 4 * 26_560
ORACLE = ROOT.parent / "shared" / "oracle" / "weights_tiny.npz"


def test_checkpoint_has_458_entries():
    assert len(released_shapes()) == 458
    assert released.shapes() == released_shapes()
    assert sum(map(math.prod, released_shapes().values())) == PARAMETERS + NORM


def test_model_has_as_many_parameters_as_reference(detr_class):
    model = build_r50(detr_class)
    scales_and_shifts = NORM // 2
    assert sum(p.numel() for p in model.parameters()) == PARAMETERS + scales_and_shifts
    frozen = [*model.backbone.body.conv1.parameters(), *model.backbone.body.layer1.parameters()]
    kernels = sum(p.numel() for p in frozen if p.dim() == 4)
    assert PARAMETERS - kernels == TRAINED


def test_names_translate_both_ways_without_loss(checkpoint, detr_class):
    ours = released.to_ours(checkpoint)
    counters = [name for name in ours if name.endswith("num_batches_tracked")]
    assert len(counters) == 53 and len(ours) == 458 + 53
    assert all(ours[name].dtype == torch.int64 and ours[name] == 0 for name in counters)
    assert list(ours) == list(build_r50(detr_class).state_dict())
    assert are_equal(released.from_ours(ours), checkpoint)
    for name in released_shapes():
        assert released.their_name(released.our_name(name)) == name
    name = "transformer.decoder.layers.0.multihead_attn.in_proj_weight"
    assert released.our_name(name) == "decoder.layers.0.cross_attn.in_proj_weight"


def without(state, name):
    return {key: value for key, value in state.items() if key != name}


def test_to_ours_refuses_missing_surplus_and_misshapen_entries(checkpoint):
    with pytest.raises(NotLoaded, match=r"query_embed\.weight missing"):
        released.to_ours(without(checkpoint, "query_embed.weight"))
    with pytest.raises(NotLoaded, match=r"mask_head\.lay1\.weight too many"):
        released.to_ours(checkpoint | {"mask_head.lay1.weight": torch.zeros(2)})
    with pytest.raises(NotLoaded, match=r"class_embed\.bias is \[251\]; in DETR-R50 it is \[92\]"):
        released.to_ours(checkpoint | {"class_embed.bias": torch.zeros(251)})
    with pytest.raises(NotLoaded, match="and 457 more missing"):
        released.to_ours({})


def test_from_ours_refuses_missing_surplus_and_misshapen_entries(checkpoint):
    ours = released.to_ours(checkpoint)
    with pytest.raises(NotLoaded, match=r"decoder\.norm\.bias missing"):
        released.from_ours(without(ours, "decoder.norm.bias"))
    with pytest.raises(NotLoaded, match=r"encoder\.norm\.bias too many"):
        released.from_ours(ours | {"encoder.norm.bias": torch.zeros(256)})
    with pytest.raises(NotLoaded, match=r"anchors is no name of a DETR"):
        released.from_ours(ours | {"anchors": torch.zeros(3)})
    with pytest.raises(NotLoaded, match=r"query_embed\.weight is \[10, 256\]"):
        released.from_ours(ours | {"query_embed.weight": torch.zeros(10, 256)})
    with pytest.raises(NotLoaded, match="is no name of the released"):
        released.our_name("mask_head.lay1.weight")


@pytest.mark.skipif(not ORACLE.is_file(), reason="the oracle's numbers do not lie beside this checkout")
def test_names_of_small_reference_model_translate_by_same_rule(detr_class):
    """The model has a backbone of its own; tests/reference runs it and compares its outputs."""
    with np.load(ORACLE) as file:
        theirs = {key.removeprefix("sd/"): torch.from_numpy(file[key]) for key in file.files}
    sizes = {"num_classes": 5, "num_queries": 7, "d_model": 32, "n_heads": 4, "dim_ff": 64}
    model = detr_class(**sizes, n_enc_layers=2, n_dec_layers=2, backbone_name="tiny")
    ours = {released.our_name(name): value for name, value in theirs.items()}
    assert {released.their_name(name) for name in ours} == set(theirs)
    translated = {name: value for name, value in ours.items() if not name.startswith("backbone.")}
    expected = {name: v for name, v in model.state_dict().items() if not name.startswith("backbone.")}
    assert {k: v.shape for k, v in translated.items()} == {k: v.shape for k, v in expected.items()}
    model.load_state_dict(translated, strict=False)
