"""The numbers of matcher and loss, from `transformers`; see make_numbers.py, which writes them."""

import torch
from torch import Tensor

from autograder.tests.reference.tiny_detr import (
    CLASSES,
    QUERIES,
    Tensors,
    all_losses,
    configuration,
    generator,
    match,
    normal,
)


def random_sizes(count: int, source: torch.Generator) -> Tensor:
    """Draw widths and heights [count, 2] from 0.05 to 0.5."""
    return 0.05 + 0.45 * torch.rand(count, 2, generator=source)


def drawn_predictions(source: torch.Generator, *shape: int) -> tuple[Tensor, Tensor]:
    """Draw logits [..., CLASSES + 1] and boxes [..., 4] of all queries."""
    logits, boxes = normal(source, *shape, QUERIES, CLASSES + 1), normal(source, *shape, QUERIES, 4)
    return 2 * logits, boxes.sigmoid()


def drawn_objects(source: torch.Generator, counts: tuple[int, ...]) -> Tensors:
    """Draw labels and boxes of the objects of all images, one after the other."""
    total = sum(counts)
    centres = 0.2 + 0.6 * torch.rand(total, 2, generator=source)
    return {
        "counts": torch.tensor(counts),
        "labels": torch.randint(CLASSES, (total,), generator=source),
        "wanted": torch.cat([centres, random_sizes(total, source)], dim=1),
    }


def matcher() -> Tensors:
    """Match drawn predictions with drawn objects."""
    usual = (1, 5, 2)
    cases = {
        "usual": (usual, (3, 2)),
        "equal_costs": ((1, 1, 1), (4, 3)),
        "image_without_objects": (usual, (4, 0, 1)),
        "no_objects": (usual, (0, 0)),
        "as_many_objects_as_queries": (usual, (QUERIES,)),
        "more_objects_than_queries": (usual, (QUERIES + 2, 2)),
        "class_alone": ((1, 0, 0), (CLASSES,)),
        "distance_alone": ((0, 1, 0), (5,)),
        "overlap_alone": ((0, 0, 1), (5,)),
        "six_images": (usual, (1, 6, 3, 0, QUERIES, 2)),
    }
    source, numbers = generator(4), {}
    for case, (costs, counts) in cases.items():
        logits, boxes = drawn_predictions(source, len(counts))
        objects = drawn_objects(source, counts)
        if case == "class_alone":
            objects["labels"] = torch.arange(CLASSES)  # two objects of one class would be a tie
        found = {"costs": torch.tensor(costs), "logits": logits, "boxes": boxes, **objects}
        pairs = match(logits, boxes, objects, found["costs"])
        for image, (queries, things) in enumerate(pairs):
            found |= {f"queries{image}": queries, f"objects{image}": things}
        numbers |= {f"{case}/{name}": tensor for name, tensor in found.items()}
    return numbers


def loss() -> Tensors:
    """Compute losses, and the gradients of the total with respect to all predictions."""
    cases: dict[str, tuple[int, tuple[int, ...], dict[str, float]]] = {
        "with_aux": (3, (3, 2), {}),
        "without_aux": (1, (2, 5), {}),
        "image_without_objects": (2, (4, 0, 1), {}),
        "no_objects": (2, (0, 0), {}),
        "more_objects_than_queries": (2, (QUERIES + 2, 1), {}),
        "other_noobj_weight": (2, (2, 3), {"eos_coefficient": 0.4}),
        "other_weights": (2, (1, 4), {"bbox_loss_coefficient": 3, "giou_loss_coefficient": 4}),
        "other_costs": (1, (5, 5), {"class_cost": 9, "bbox_cost": 1, "giou_cost": 3}),
    }
    source, numbers = generator(5), {}
    for case, (depth, counts, changes) in cases.items():
        config = configuration(auxiliary_loss=depth > 1, decoder_layers=depth, **changes)
        logits, boxes = drawn_predictions(source, depth, len(counts))
        objects = drawn_objects(source, counts)
        leaves = logits.requires_grad_(), boxes.requires_grad_()
        losses = all_losses(*leaves, objects, config)
        gradients = torch.autograd.grad(losses["total"], leaves)
        found = {"logits": logits, "boxes": boxes, **objects, **losses}
        found |= {"grad_logits": gradients[0], "grad_boxes": gradients[1]}
        weights = config.eos_coefficient, config.bbox_loss_coefficient, config.giou_loss_coefficient
        found["weights"] = torch.tensor(weights, dtype=torch.float64)
        numbers |= {f"{case}/{name}": tensor for name, tensor in found.items()}
    return numbers
