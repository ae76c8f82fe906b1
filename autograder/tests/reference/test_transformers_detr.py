"""The whole model agrees with that of `transformers`, from pixels to the loss and back to all weights."""

import pytest
from safetensors import safe_open
from torch import nn

from autograder.tests.reference import comparisons
from autograder.tests.reference.ours import our_names, solution
from autograder.tests.reference.sources import NUMBERS, Tensors, below, from_transformers

SIZES = {"num_classes": 5, "num_queries": 7, "d_model": 16, "n_heads": 4, "dim_ff": 24}
SIZES |= {"n_enc_layers": 2, "n_dec_layers": 3}


@pytest.fixture
def model() -> nn.Module:
    """Return our DETR with the weights of the numbers, on the body that they were computed with."""
    body = nn.Sequential(nn.Conv2d(3, 6, 4, stride=4), nn.ReLU(), nn.Conv2d(6, 10, 2, stride=2))
    return comparisons.built_detr(our_names(from_transformers("weights")), body, 10, **SIZES)


@pytest.fixture
def numbers() -> Tensors:
    return from_transformers("detr")


def test_predictions_of_detr_agree_with_transformers(model, numbers):
    comparisons.compare_predictions(model(numbers["images"]), numbers["logits"], numbers["boxes"])


def test_losses_and_gradients_of_detr_agree_with_transformers(model, numbers):
    targets = comparisons.targets(numbers["counts"], numbers["labels"], numbers["wanted"])
    criterion = solution("detr_loss")(SIZES["num_classes"], solution("matcher")())
    losses = criterion(model(numbers["images"]), targets)
    comparisons.compare_losses(losses, numbers)
    losses["total"].backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    expected = our_names(below(numbers, "grad/"))
    assert gradients.keys() == expected.keys()
    for name, gradient in gradients.items():
        comparisons.close(gradient, expected[name])


def test_numbers_are_small_and_say_what_made_them():
    files = sorted(NUMBERS.glob("*.safetensors"))
    assert sum(path.stat().st_size for path in files) < 600_000
    for path in files:
        with safe_open(path, "pt") as file:
            assert "transformers" in file.metadata()["made with"], path.name
