"""Copies of a model lie near it however they were changed; other models lie far away."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from autograder.judging.models.comparison import ALIKE, EQUAL, SAME_START, Collection, distance
from autograder.judging.models.signature import Signature, read_signature, signature_of
from autograder.tests.judging.models.reuse import WAYS, drawn
from detrlab.checkpoint import SHIPPED
from detrlab.checks.weights import Weights


@pytest.fixture(scope="module")
def weights() -> Weights:
    """The weights of the model that ships."""
    return load_file(SHIPPED)


@pytest.mark.parametrize("way", WAYS)
def test_copy_of_a_model_lies_near_it_however_it_was_changed(weights, way):
    for original in (weights, drawn(weights, 1)):
        copy, kept = signature_of(WAYS[way](original)), signature_of(original)
        assert max(distance(copy, kept), distance(kept, copy)) < ALIKE / 2
    assert EQUAL < ALIKE < SAME_START


@pytest.mark.parametrize("way", ["nudged", "resaved", "hidden_permuted", "heads_permuted"])
def test_copy_with_the_same_numbers_is_equal(weights, way):
    assert distance(signature_of(WAYS[way](weights)), signature_of(weights)) < EQUAL


def test_noise_of_one_percent_lies_at_about_one_percent(weights):
    assert 0.003 < distance(signature_of(WAYS["with_noise"](weights)), signature_of(weights)) < 0.02


def test_other_models_of_the_same_shapes_lie_far_away(weights):
    others = [signature_of(drawn(weights, seed)) for seed in range(5)]
    apart = Collection(others).distances(signature_of(weights))
    assert apart.min() > SAME_START
    assert all(Collection(others).distances(other)[number] == 0 for number, other in enumerate(others))


def test_collection_finds_the_same_distances_as_pairs(weights):
    models = [weights, WAYS["with_noise"](weights), drawn(weights, 1), {"w": torch.randn(20, 20)}, {}]
    signatures = [signature_of(model) for model in models]
    together = np.array([Collection(signatures).distances(one) for one in signatures])
    alone = np.array([[distance(one, other) for other in signatures] for one in signatures])
    assert np.allclose(together, alone, atol=1e-3)
    assert np.allclose(together[:3, :3], together[:3, :3].T, atol=1e-3)
    assert np.isinf(together[3, :3]).all() and np.isinf(together[4]).all(), "they share no shape"


def test_constant_and_tiny_and_whole_numbers_tell_nothing():
    odd = {"ones": torch.ones(40, 40), "zeros": torch.zeros(40, 40), "tiny": torch.randn(3, 3)}
    odd |= {"number": torch.tensor(1.0), "counts": torch.ones(40, 40, dtype=torch.int64)}
    odd |= {"empty": torch.zeros(0, 40)}
    kept = signature_of(odd)
    assert kept.shapes.tolist() == ["3x3x1"]
    assert distance(kept, kept) > ALIKE


def test_signature_is_bounded_whatever_the_file_holds(tmp_path):
    """Many tensors and long rows, within what is read of a model at all."""
    tensors = {f"w{k}": torch.randn(20, 20) for k in range(1500)} | {"long": torch.randn(2, 2_000_000)}
    save_file(tensors, tmp_path / "m.safetensors", {"detr": "{}", "order": json.dumps(list(tensors))})
    kept = read_signature(tmp_path / "m.safetensors")
    assert kept.sides.nbytes < 300_000
    kept.write(tmp_path / "m.npz")
    assert (tmp_path / "m.npz").stat().st_size < 300_000
    read = Signature.read(tmp_path / "m.npz")
    assert (read.sides == kept.sides).all() and (read.shapes == kept.shapes).all()


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x05\x06" + b"\0" * 18])
def test_file_that_is_no_signature_is_refused(tmp_path, content):
    (tmp_path / "m.npz").write_bytes(content)
    with pytest.raises(ValueError):
        Signature.read(tmp_path / "m.npz")
