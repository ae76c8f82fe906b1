"""A class that finds the objects without its weights is noticed by drawing others."""

import pytest
import torch
from torch import nn

from autograder.judging.models.reliance import measure_with_others, noisy, shuffled_halves
from autograder.tests.attacks import model_classes
from detrlab.checks.weights import Weights
from detrlab.toy import Sample, make_synthetic_sample


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    """As many toy images as other weights are tried on."""
    return [make_synthetic_sample(3, index) for index in range(20)]


def doubt_of(source: str, samples: list[Sample], seed: int = 0) -> tuple[float, str]:
    """Return AP and doubt of a class, with the weights that it was submitted with."""
    namespace: dict = {}
    exec(source, namespace)

    def build(weights: Weights) -> nn.Module:
        model = namespace["DETR"]()
        model.load_state_dict(weights)
        return model.eval()

    own = namespace["DETR"]().state_dict()
    if "password" in namespace:
        own = {name: namespace["password"](number) for number, name in enumerate(own)}
    return measure_with_others(build, own, samples, seed)


CLASSES = {
    "ignores its weights": (model_classes.IGNORES, "with half of the weights shuffled"),
    "exact password": (model_classes.password_class(model_classes.EXACT), "each weight changes by"),
    "password in one tensor": (
        model_classes.password_class(model_classes.ANY, model_classes.SHIFT),
        "with half of the weights shuffled",
    ),
    "password in all tensors": (
        model_classes.password_class(model_classes.EACH),
        "a little different your classes predict the same",
    ),
}


@pytest.mark.parametrize(("source", "reason"), CLASSES.values(), ids=CLASSES)
def test_class_that_finds_objects_without_its_weights_is_doubted(samples, source, reason):
    ap, doubt = doubt_of(source, samples)
    assert ap > 0.5, "it would earn points"
    assert reason in doubt


def test_class_that_needs_its_weights_is_not_doubted(samples):
    """A convolution with the right kernel: it finds the objects by its weights alone."""
    source = model_classes.FINDER + KERNEL
    ap, doubt = doubt_of(source, samples)
    assert ap > 0.3 and doubt == ""


BREAKS = """
class DETR(DETR):
    def forward(self, images):
        if (self.colours.weight - torch.eye(3)).abs().max() > 0.1:
            raise ValueError("not my colours")
        return super().forward(images)
"""


def test_class_that_other_weights_break_is_not_doubted_for_that(samples):
    """An odd class may raise an error for odd weights, or return what is not finite."""
    ap, doubt = doubt_of(model_classes.FINDER + KERNEL + BREAKS, samples)
    assert ap > 0.3 and doubt == ""


# The background's colour goes in by weights near 1, and the boxes come out by a matrix near the identity.
KERNEL = """
class DETR(nn.Module):
    def __init__(self):
        super().__init__()
        self.colours = nn.Linear(3, 3, bias=False)
        self.boxes = nn.Linear(4, 4, bias=False)
        for layer in (self.colours, self.boxes):
            nn.init.eye_(layer.weight)
            layer.weight.data.add_(0.001 * torch.arange(layer.weight.numel()).view_as(layer.weight))
    def forward(self, images):
        outputs = find(self.colours(images.movedim(1, -1)).movedim(-1, 1).detach())
        outputs["pred_boxes"] = self.boxes(outputs["pred_boxes"])
        return outputs
"""


def test_halves_shuffle_each_tensor_once_and_keep_its_numbers():
    weights = {name: torch.randn(5, 6) for name in "abcde"} | {"one": torch.ones(1)}
    first, second = shuffled_halves(weights, torch.Generator().manual_seed(0))
    for name, tensor in weights.items():
        changed = [not torch.equal(half[name], tensor) for half in (first, second)]
        assert changed.count(True) == (0 if name == "one" else 1)
        for half in (first, second):
            assert torch.equal(half[name].flatten().sort().values, tensor.flatten().sort().values)


def test_noise_changes_every_tensor_with_numbers_and_leaves_counts():
    weights = {"w": torch.ones(4, 4), "n": torch.tensor(3), "none": torch.zeros(0)}
    weights |= {"variances": torch.logspace(-8, 2, 50)}
    changed = noisy(weights, torch.Generator().manual_seed(0))
    assert 0 < (changed["w"] - 1).abs().max() < 0.1
    assert (changed["variances"] > 0).all(), "or their roots were not finite"
    assert torch.equal(changed["n"], weights["n"]) and changed["none"].numel() == 0
