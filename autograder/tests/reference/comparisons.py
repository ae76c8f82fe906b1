"""Compare our solutions with the numbers of others; an AssertionError where they differ."""

import torch
from torch import Tensor, nn

from autograder.tests.reference.ours import solution
from autograder.tests.reference.sources import Tensors, below

ATOL = 1e-5  # float32: the numbers differ in their last digits

Pair = tuple[Tensor, Tensor]


def close(ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours, theirs, rtol=0, atol=ATOL)


def built(exercise: str, weights: Tensors, part: str, **config: int) -> nn.Module:
    """Build a solution with the weights of a part of the model, "encoder.layers.0." for example."""
    module = solution(exercise)(**config).eval()
    module.load_state_dict(below(weights, part))
    return module


def built_detr(weights: Tensors, body: nn.Module, channels: int, **config: int) -> nn.Module:
    """Build our DETR on another backbone, which has no notebook."""
    model = solution("detr")(backbone_name="tiny", **config).eval()
    model.backbone.body = body
    model.backbone.projection = nn.Conv2d(channels, config["d_model"], 1)
    model.load_state_dict(weights)
    return model


def compare_conversion(numbers: Tensors) -> None:
    """Compare the corners of the boxes a and b."""
    for name in "ab":
        close(solution("box_cxcywh_to_xyxy")(numbers[f"{name}_cxcywh"]), numbers[f"{name}_xyxy"])


def compare_giou(numbers: Tensors) -> None:
    """Compare the GIoU of each box of a with each of b."""
    close(solution("generalized_box_iou")(numbers["a_xyxy"], numbers["b_xyxy"]), numbers["giou"])


def compare_positions(
    expected: Tensor, d_model: float, temperature: float, normalize: float, scale: float
) -> None:
    """Compare an encoding [B, d_model, H, W]; its settings come from a tensor of floats."""
    encoding = solution("positional_encoding")(
        d_model=int(d_model), temperature=temperature, normalize=bool(normalize), scale=scale
    )
    batch, _, height, width = expected.shape
    close(encoding(torch.zeros(batch, 3, height, width)), expected)


def compare_heads(heads: nn.Module, hidden: Tensor, logits: Tensor, boxes: Tensor) -> None:
    """Compare what the heads make of vectors [..., d]."""
    our_logits, our_boxes = heads(hidden)
    close(our_logits, logits)
    close(our_boxes, boxes)


def targets(counts: Tensor, labels: Tensor, boxes: Tensor) -> list[Tensors]:
    """Make our targets of the objects of all images, which stand one after the other."""
    sizes = counts.tolist()
    split = zip(labels.split(sizes), boxes.split(sizes), strict=True)
    return [{"labels": own_labels, "boxes": own_boxes} for own_labels, own_boxes in split]


def compare_pairs(ours: list[Pair], theirs: list[Pair]) -> None:
    """Compare which query is matched to which object in each image, whatever the order of the pairs."""
    assert len(ours) == len(theirs)
    for image, (mine, wanted) in enumerate(zip(ours, theirs, strict=True)):
        assert all(indices.dtype == torch.int64 for indices in mine)
        pairs, expected = (list(zip(q.tolist(), o.tolist(), strict=True)) for q, o in (mine, wanted))
        assert sorted(pairs) == sorted(expected), f"image {image}: {pairs}, not {expected}"


def layered(logits: Tensor, boxes: Tensor) -> dict:
    """Make our outputs of predictions [layers, B, N, ...]; no "aux_outputs" where there is one layer."""
    *aux, last = [
        {"pred_logits": one, "pred_boxes": other} for one, other in zip(logits, boxes, strict=True)
    ]
    return last | ({"aux_outputs": aux} if aux else {})


def compare_predictions(outputs: dict, logits: Tensor, boxes: Tensor) -> None:
    """Compare our model's outputs, layer by layer, with predictions [layers, B, N, ...]."""
    layers = [*outputs["aux_outputs"], outputs]
    close(torch.stack([layer["pred_logits"] for layer in layers]), logits)
    close(torch.stack([layer["pred_boxes"] for layer in layers]), boxes)


def compare_losses(ours: Tensors, theirs: Tensors) -> None:
    """Compare the parts of the last layer, and the weighted total of all layers."""
    for name in ("class", "bbox", "giou", "total"):
        close(ours[name], theirs[name])


def compare_criterion(criterion: nn.Module, numbers: Tensors, objects: list[Tensors]) -> None:
    """Compare losses, and what the total sends back to the predictions."""
    leaves = [numbers[name].requires_grad_() for name in ("logits", "boxes")]
    losses = criterion(layered(*leaves), objects)
    compare_losses(losses, numbers)
    gradients = torch.autograd.grad(losses["total"], leaves)
    for ours, theirs in zip(gradients, ("grad_logits", "grad_boxes"), strict=True):
        close(ours, numbers[theirs])
