"""Models of a class that are alike are found, whatever was done to them; honest ones are left alone."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from autograder.judging.models.alike import (
    SHIPPED_MODEL,
    AlikeModels,
    alike_in,
    find_alike,
    read_earlier,
    read_models,
)
from autograder.judging.models.signature import Signature, read_signature, signature_of
from autograder.tests.judging.models.reuse import WAYS, drawn, generator
from autograder.workspace.files import fingerprint
from detrlab.checkpoint import NAME, SHIPPED, TRAINED_IN, save_detr
from detrlab.checks.weights import Weights


@pytest.fixture(scope="module")
def weights() -> Weights:
    """The weights of the model that ships."""
    return load_file(SHIPPED)


@pytest.fixture(scope="module")
def shipped(weights: Weights) -> Signature:
    """Their signature."""
    return signature_of(weights)


@pytest.fixture(scope="module")
def class_of_six(weights: Weights) -> dict[str, Signature]:
    """Six students who trained with seeds of their own."""
    return {f"s{seed}": signature_of(drawn(weights, seed)) for seed in range(1, 7)}


def drifted(weights: Weights, seed: int = 0) -> Weights:
    """Return what lies as far away as a training from the same first weights on another computer."""
    source = generator().manual_seed(seed)
    return {
        name: tensor + 0.35 * tensor.std(correction=0) * torch.randn(tensor.shape, generator=source)
        for name, tensor in weights.items()
    }


@pytest.mark.parametrize("way", ["nudged", "hidden_permuted", "heads_permuted", "pruned", "with_noise"])
def test_copies_of_the_shipped_and_of_a_classmates_model_are_found(weights, shipped, class_of_six, way):
    models = class_of_six | {
        "copies-shipped": signature_of(WAYS[way](weights)),
        "copies-s3": signature_of(WAYS[way](drawn(weights, 3))),
    }
    classmates, of_shipped = find_alike(models, {}, shipped)
    assert (classmates.students, classmates.other) == (("copies-s3", "s3"), "")
    assert classmates.needs_review and classmates.distance < 0.03
    assert (of_shipped.students, of_shipped.other) == (("copies-shipped",), SHIPPED_MODEL)
    assert of_shipped.distance < 0.03


def test_students_with_seeds_of_their_own_are_left_alone(class_of_six, shipped):
    assert find_alike(class_of_six, class_of_six | {}, shipped)[0].other == "s1", "they are compared"
    assert find_alike(class_of_six, {}, shipped) == []
    assert find_alike({}, {}, shipped) == []
    assert find_alike({"ada": signature_of({})}, {}, shipped) == []


def test_equal_models_of_the_default_seed_are_shown_and_accuse_nobody(weights, class_of_six, shipped):
    """On equal computers two trainings of one's own end with the same numbers."""
    same = signature_of(drifted(weights))
    [found] = find_alike(class_of_six | {"ada": same, "bea": same}, {}, shipped)
    assert found.students == ("ada", "bea") and not found.needs_review
    assert "default seed" in found.remark


def test_models_of_the_default_seed_from_other_computers_are_not_alike(weights, shipped):
    ada, bea, zoe = (signature_of(drifted(weights, seed)) for seed in range(3))
    assert find_alike({"ada": ada, "bea": bea}, {"zoe": zoe}, shipped) == []


def test_models_of_another_seed_are_found_however_long_one_was_trained_on(weights, shipped):
    """Nobody else has a seed of one's own, so the same first weights are a reason to ask."""
    own = drawn(weights, 1)
    models = {"ada": signature_of(own), "bea": signature_of(drifted(own))}
    [found] = find_alike(models, {}, shipped)
    assert found.students == ("ada", "bea") and found.needs_review and found.distance > 0.1
    assert found.remark.startswith("Trained from the same first weights")
    assert "of ada, bea began with the same weights: they differ by" in found.reason
    [found] = find_alike({"ada": models["ada"]}, {"zoe": models["bea"]}, shipped)
    assert found.other == "zoe" and found.needs_review and "same first weights" in found.remark


def test_changed_copy_of_a_model_of_the_default_seed_needs_review(weights, shipped):
    """What is near and not equal no computer explains."""
    own = drifted(weights)
    models = {"ada": signature_of(own), "bea": signature_of(WAYS["with_noise"](own))}
    [found] = find_alike(models, {}, shipped)
    assert found.students == ("ada", "bea") and found.needs_review
    assert found.reason.startswith("The trained models of ada, bea are alike: they differ by 0.")


def test_chain_of_copies_is_one_group(weights, shipped):
    first = drawn(weights, 1)
    second = WAYS["with_noise"](first)
    models = {"ada": first, "bea": second, "carl": WAYS["heads_permuted"](second)}
    [found] = find_alike({name: signature_of(model) for name, model in models.items()}, {}, shipped)
    assert found.students == ("ada", "bea", "carl")
    many = AlikeModels(tuple("abcdefg"), "", 0.0, needs_review=True)
    assert "models of a, b, c, d, e and 2 others are alike" in many.reason


def write_model(course: Path, student: str, weights: Weights) -> str:
    """Write a submitted model; return its fingerprint."""
    path = course / "submitted" / student / TRAINED_IN / NAME
    path.parent.mkdir(parents=True)
    module = torch.nn.Module()
    module.state_dict = lambda: weights  # type: ignore[method-assign, assignment]
    save_detr(module, path)
    return fingerprint(path.read_bytes())


def test_signatures_are_computed_once_and_of_what_was_graded(tmp_path, weights):
    known = {"ada": write_model(tmp_path, "ada", weights), "bea": write_model(tmp_path, "bea", weights)}
    (tmp_path / "submitted" / "bea" / TRAINED_IN / NAME).write_bytes(b"another, not graded yet")
    assert set(read_models(tmp_path, known)) == {"ada"}
    (tmp_path / "submitted" / "ada" / TRAINED_IN / NAME).unlink()
    assert set(read_models(tmp_path, known)) == {"ada"}, "from models/"
    [kept] = (tmp_path / "models").iterdir()
    kept.write_bytes(b"damaged")
    assert read_models(tmp_path, known) == {}
    assert alike_in(tmp_path, {}) == []


def test_models_of_earlier_classes_are_compared_as_files_and_as_signatures(tmp_path, weights):
    course, last_year = tmp_path / "course", tmp_path / "last"
    known = {"ada": write_model(course, "ada", WAYS["with_noise"](drawn(weights, 1)))}
    read_models(last_year, {"zoe": write_model(last_year, "zoe", drawn(weights, 1))})
    (last_year / "models").rename(course / "earlier_models")
    [found] = alike_in(course, known)
    assert found.students == ("ada",) and found.needs_review
    assert found.other.startswith("zoe-") and "of these students and zoe-" in found.reason
    (course / "earlier_models" / "2025").mkdir()
    (course / "earlier_models" / "2025" / "yan.safetensors").write_bytes(SHIPPED.read_bytes())
    (course / "earlier_models" / "2025" / "broken.safetensors").write_bytes(b"{")
    assert set(read_earlier(course)) == {"2025/yan", found.other}
    assert (course / "earlier_models" / "2025" / "yan.npz").is_file()
    assert read_earlier(tmp_path) == {}


def test_file_that_is_no_model_has_no_signature(tmp_path):
    with pytest.raises(ValueError):
        read_signature(tmp_path / "none.safetensors")
