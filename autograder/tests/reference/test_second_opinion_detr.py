"""The whole model agrees with the paper's code, from pixels to the loss and back to the weights."""

from collections import OrderedDict
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torchvision.ops import FrozenBatchNorm2d

from autograder.tests.reference import comparisons
from autograder.tests.reference.comparisons import close
from autograder.tests.reference.ours import our_names, solution
from autograder.tests.reference.sources import Tensors, below, from_the_paper, needs_oracle

pytestmark = needs_oracle

SIZES = {"num_classes": 5, "num_queries": 7, "d_model": 32, "n_heads": 4, "dim_ff": 64}
SIZES |= {"n_enc_layers": 2, "n_dec_layers": 2}
WIDTHS = (6, 8, 12, 16, 24)


def tiny_body() -> nn.Module:
    """Build the small backbone of these numbers, which has no notebook."""
    parts = {"conv1": nn.Conv2d(3, 6, 3, padding=1, bias=False), "bn1": FrozenBatchNorm2d(6)}
    for number, (before, after) in enumerate(pairwise(WIDTHS), start=1):
        convolution = nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False)
        parts[f"layer{number}"] = nn.Sequential(convolution, FrozenBatchNorm2d(after), nn.ReLU())
    return nn.Sequential(OrderedDict(parts))


@pytest.fixture
def model() -> nn.Module:
    """Return our DETR with the weights of these numbers, renamed as the released checkpoint's are."""
    weights = our_names(below(from_the_paper("weights_tiny"), "sd/"))
    return comparisons.built_detr(weights, tiny_body(), WIDTHS[-1], **SIZES)


@pytest.fixture
def numbers() -> Tensors:
    return from_the_paper("detr_tiny")


def padded_batch(numbers: Tensors) -> Tensor:
    """Return the three images [3, 3, 64, 64], with zeros where they end."""
    batch = torch.zeros(3, 3, 64, 64)
    for number, image in enumerate(numbers[f"im{number}"] for number in range(3)):
        batch[number, :, : image.shape[1], : image.shape[2]] = image
    return batch


def run_without_padding(model: nn.Module, features: Tensor, masks: Tensor) -> dict:
    """Put the features of a padded batch through our DETR, which knows no masks, image by image.

    Every image of the batch is padded. But a mask hides a cell from attention altogether, and the
    positions of the paper's code count the cells that are not hidden: what it computes for an image in a
    padded batch is what a model without masks computes for the part of the map that is not padding.
    """
    answers, body = [], model.backbone.body
    model.backbone.body = nn.Identity()
    for own, mask in zip(features, masks, strict=True):
        height, width = int((~mask[:, 0]).sum()), int((~mask[0]).sum())
        assert not mask[:height, :width].any() and mask.sum() == mask.numel() - height * width
        answers.append(model(own[None, :, :height, :width]))
    model.backbone.body = body
    layers = [[*answer["aux_outputs"], answer] for answer in answers]
    logits, boxes = (
        torch.stack([torch.cat([layer[key] for layer in same]) for same in zip(*layers, strict=True)])
        for key in ("pred_logits", "pred_boxes")
    )
    return comparisons.layered(logits, boxes)


def test_predictions_from_features_agree_with_the_papers_code(model, numbers):
    with torch.no_grad():
        close(model.backbone.body(padded_batch(numbers)), numbers["feat"])
        output = run_without_padding(model, numbers["feat"], numbers["feat_mask"])
    logits, boxes = (
        torch.stack([numbers[f"aux0/{key}"], numbers[key]]) for key in ("pred_logits", "pred_boxes")
    )
    comparisons.compare_predictions(output, logits, boxes)


def test_predictions_from_pixels_agree_with_the_papers_code(model, numbers):
    """One image alone has no padding: here everything binds, from the pixels on."""
    with torch.no_grad():
        output = model(numbers["im1"][None])
    close(output["pred_logits"], numbers["alone1/pred_logits"])
    close(output["pred_boxes"], numbers["alone1/pred_boxes"])


def test_losses_and_gradients_agree_with_the_papers_code(model, numbers):
    """From the pixels of a padded batch to the loss of all layers, and back."""
    features = model.backbone.body(padded_batch(numbers))
    output = run_without_padding(model, features, numbers["feat_mask"])
    targets = [
        {"labels": numbers[f"labels{number}"], "boxes": numbers[f"tboxes{number}"]} for number in range(3)
    ]
    losses = solution("detr_loss")(SIZES["num_classes"], solution("matcher")())(output, targets)
    expected = {name: numbers[f"loss/loss_{name}"] for name in ("bbox", "giou")}
    expected |= {"class": numbers["loss/loss_ce"], "total": numbers["step0/total"]}
    comparisons.compare_losses(losses, expected)

    losses["total"].backward()
    parameters = dict(model.named_parameters())
    frozen = ("backbone.body.conv1.", "backbone.body.layer1.")
    trained = [p.grad for name, p in parameters.items() if not name.startswith(frozen)]
    length = torch.linalg.vector_norm(torch.cat([gradient.flatten() for gradient in trained]))
    torch.testing.assert_close(length, numbers["step0/grad_norm_before_clip"], rtol=1e-5, atol=0)
    gradients = our_names(below(numbers, "grad/"))
    assert gradients
    for name, clipped in gradients.items():  # clipped to a length of 0.1 in all
        close(parameters[name].grad, clipped * (length + 1e-6) / 0.1)
