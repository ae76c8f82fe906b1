"""Cases of notebook 06: each term of the cost alone, all three, batches, predictions that are not finite.

In every case the optimal matching is better than the second best by at least MARGIN. The first cases, of
one image each, are *discriminating*: all wrong costs below and all greedy algorithms find other pairs;
where only one term counts, the wrong costs also differ from each other.
"""

import math
from collections.abc import Callable, Iterator

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from autograder.hidden.cases import cases, normal
from detrlab.checks.probing import Case
from detrlab.standins.parts import box_cxcywh_to_xyxy, generalized_box_iou

MARGIN = 0.01  # of the total cost
DRAWS = 100_000  # attempts to draw a case
Parts = dict[str, Tensor]
WrongCosts = Callable[[Parts], Iterator[Tensor]]


@cases
def matcher(generator: torch.Generator) -> Iterator[Case]:
    """Draw discriminating images, then batches, then predictions that are not finite."""
    zero = {"cost_class": 0.0, "cost_bbox": 0.0, "cost_giou": 0.0}
    case = draw_case(generator, [6], zero | {"cost_class": 2.0}, wrong_class_costs)
    yield case | {"advice": "Here only the class counts: cost_bbox and cost_giou are 0."}
    case = draw_case(generator, [6], zero | {"cost_bbox": 2.0}, wrong_distance_costs)
    yield case | {"advice": "Here only the L1 distance counts. With the class alone it is right."}
    case = draw_case(generator, [6], zero | {"cost_giou": 3.0}, wrong_overlap_costs)
    advice = "Here only the GIoU counts. With the class or the L1 distance alone it is right."
    yield case | {"advice": advice}
    alone = "Each of the three costs alone is right."
    yield draw_case(generator, [7], wrong_costs=wrong_mixtures) | {"advice": alone}
    config = {"cost_class": 4.0, "cost_bbox": 2.0, "cost_giou": 3.0}
    advice = f"{alone} Here the three weights are other ones than the defaults."
    yield draw_case(generator, [7], config, wrong_mixtures) | {"advice": advice}
    yield draw_case(generator, [4, 0, 3]) | {"advice": "A batch of one image is right."}
    yield draw_case(generator, [0, 0]) | {"advice": "Batches with objects are right."}
    advice = "Here some images hold as many objects as there are queries, or more."
    yield draw_case(generator, [5, 8], n_queries=5) | {"advice": advice}
    advice = "Without gradients it is right; in training the predictions carry them."
    yield draw_case(generator, [3]) | {"with_gradient": True, "advice": advice}
    for name, image, field, value in (
        ("NaN in the logits of image 2", 2, "pred_logits", math.nan),
        ("NaN in a box of image 1", 1, "pred_boxes", math.nan),
        ("an infinite number in a box of image 2", 2, "pred_boxes", math.inf),
        ("NaN in the logits of image 3, which has no objects", 3, "pred_logits", math.nan),
    ):
        case = draw_case(generator, [2, 1, 3, 0])
        case["outputs"][field][image, 4, 1] = value
        yield case | {"broken": image, "advice": f"There is {name}."}


def draw_case(
    generator: torch.Generator,
    counts: list[int],
    config: dict[str, float] | None = None,
    wrong_costs: WrongCosts | None = None,
    n_queries: int = 7,
) -> Case:
    """Draw batches until no image has a near-tie and all are discriminating.

    Args:
        generator: the source of randomness.
        counts: how many objects each of the B images has.
        config: arguments of the matcher; the defaults for those that are missing.
        wrong_costs: yields the costs [N, M] that must lead to other pairs.
        n_queries: N; it is raised to three more than the objects where there are wrong costs.

    Returns:
        a case with "pred_logits" [B, N, K + 1], "pred_boxes" [B, N, 4], and targets.

    Raises:
        RuntimeError: if no such batch is drawn in DRAWS attempts.
    """
    n_queries = max(n_queries, max(counts) + 3) if wrong_costs else n_queries
    distinct = wrong_costs is wrong_class_costs  # where only the class counts, equal labels are ties
    n_classes = 7 if distinct else 4
    for _ in range(DRAWS):
        outputs = {
            "pred_logits": 2 * normal(generator, len(counts), n_queries, n_classes + 1),
            "pred_boxes": draw_boxes(generator, len(counts), n_queries),
        }
        targets = [draw_target(generator, count, n_classes, distinct) for count in counts]
        parts = [cost_parts(outputs, targets, image, config or {}) for image in range(len(counts))]
        if all(is_usable(parts_of_image, wrong_costs) for parts_of_image in parts):
            return {
                "config": config or {},
                "outputs": outputs,
                "targets": targets,
                "with_gradient": False,
                "broken": None,
                "advice": "",
            }
    raise RuntimeError(f"{DRAWS} draws, and no case without near-ties.")


def draw_boxes(generator: torch.Generator, *shape: int) -> Tensor:
    """Draw boxes [*shape, 4] (cx, cy, w, h), many of which overlap."""
    centres = 0.2 + 0.6 * torch.rand(*shape, 2, generator=generator)
    sizes = 0.1 + 0.5 * torch.rand(*shape, 2, generator=generator)
    return torch.cat([centres, sizes], dim=-1)


def draw_target(generator: torch.Generator, count: int, n_classes: int, distinct: bool) -> dict:
    """Draw the labels [count] and the boxes [count, 4] of one image's objects."""
    distinct_labels = torch.randperm(n_classes, generator=generator)[:count]
    labels = torch.randint(n_classes, (count,), generator=generator)
    return {"labels": distinct_labels if distinct else labels, "boxes": draw_boxes(generator, count)}


def cost_parts(outputs: dict, targets: list[dict], image: int, config: dict) -> Parts:
    """Return "logits" [N, K + 1], "boxes" [N, 4], "labels" [M], "wanted" boxes [M, 4], "weights" [3]."""
    weights = {"cost_class": 1.0, "cost_bbox": 5.0, "cost_giou": 2.0} | config
    return {
        "logits": outputs["pred_logits"][image].double(),
        "boxes": outputs["pred_boxes"][image].double(),
        "labels": targets[image]["labels"],
        "wanted": targets[image]["boxes"].double(),
        "weights": torch.tensor(list(weights.values()), dtype=torch.float64),
    }


def total_cost(parts: Parts, by_class: Tensor | None = None, weights: Tensor | None = None) -> Tensor:
    """Return the cost matrix [N, M].

    Args:
        parts: what `cost_parts` returns.
        by_class: another class term [N, M].
        weights: other weights [3].
    """
    factors = parts["weights"] if weights is None else weights
    right_class = -parts["logits"].softmax(-1)[:, parts["labels"]]
    terms = (
        right_class if by_class is None else by_class,
        torch.cdist(parts["boxes"], parts["wanted"], p=1),
        -generalized_box_iou(box_cxcywh_to_xyxy(parts["boxes"]), box_cxcywh_to_xyxy(parts["wanted"])),
    )
    return sum(factor * term for factor, term in zip(factors, terms, strict=True))


def is_usable(parts: Parts, wrong_costs: WrongCosts | None) -> bool:
    """Return whether the optimal matching is best by MARGIN, and no wrong cost leads to it."""
    cost = total_cost(parts)
    optimal = optimal_pairs(cost)
    if wrong_costs:
        wrong_pairs = [optimal_pairs(wrong_cost) for wrong_cost in wrong_costs(parts)]
        if optimal in wrong_pairs or optimal in greedy_pairs(cost):
            return False
        has_equal = len({*map(frozenset, wrong_pairs)}) < len(wrong_pairs)
        if has_equal and wrong_costs is not wrong_mixtures:
            return False
    return margin(cost) >= MARGIN


def optimal_pairs(cost: Tensor) -> set[tuple[int, int]]:
    """Return the optimal pairs (query, object) of a cost matrix [N, M]."""
    rows, columns = linear_sum_assignment(cost.numpy())
    return set(zip(rows.tolist(), columns.tolist(), strict=True))


def margin(cost: Tensor) -> float:
    """Return by how much the optimal matching of a cost matrix [N, M] is better than the second best."""
    pairs = optimal_pairs(cost)
    minimum = sum(cost[pair].item() for pair in pairs)
    gap = math.inf
    for pair in pairs if max(cost.shape) > 1 else ():
        without = cost.clone()
        without[pair] = 1e3
        gap = min(gap, sum(without[other].item() for other in optimal_pairs(without)) - minimum)
    return gap


def greedy_pairs(cost: Tensor) -> Iterator[set[tuple[int, int]]]:
    """Yield the pairs of three greedy algorithms on a cost matrix [N, M].

    Each object takes its cheapest query; each in turn the cheapest that is free; the cheapest pair first.
    """
    yield {(query, target) for target, query in enumerate(cost.argmin(0).tolist())}
    remaining, pairs = cost.clone(), set()
    for target in range(cost.shape[1]):
        query = int(remaining[:, target].argmin())
        pairs.add((query, target))
        remaining[query] = math.inf
    yield pairs
    remaining, pairs = cost.clone(), set()
    for _ in range(cost.shape[1]):
        query, target = divmod(int(remaining.argmin()), cost.shape[1])
        pairs.add((query, target))
        remaining[query], remaining[:, target] = math.inf, math.inf
    yield pairs


def wrong_class_costs(parts: Parts) -> Iterator[Tensor]:
    """Yield wrong class costs [N, M]: other signs, functions of the logits, axes or columns."""
    logits, labels = parts["logits"], parts["labels"]
    right = -logits.softmax(-1)[:, labels]
    yield -right
    yield -logits.log_softmax(-1)[:, labels]
    yield -logits[:, labels]
    yield -logits.sigmoid()[:, labels]
    yield -logits.softmax(0)[:, labels]
    yield -logits[:, :-1].softmax(-1)[:, labels]
    yield -logits.softmax(-1)[:, labels + 1]


def wrong_distance_costs(parts: Parts) -> Iterator[Tensor]:
    """Yield wrong distances [N, M]: other signs, norms, box formats or coordinates."""
    boxes, wanted = parts["boxes"], parts["wanted"]
    difference = boxes[:, None] - wanted
    yield -torch.cdist(boxes, wanted, p=1)
    yield torch.cdist(boxes, wanted, p=2)
    yield torch.cdist(boxes, wanted, p=2) ** 2
    yield torch.cdist(boxes, wanted, p=torch.inf)
    yield torch.cdist(box_cxcywh_to_xyxy(boxes), box_cxcywh_to_xyxy(wanted), p=1)
    yield difference.sum(-1).abs()
    yield difference[..., :2].abs().sum(-1)


def wrong_overlap_costs(parts: Parts) -> Iterator[Tensor]:
    """Yield wrong overlaps [N, M]: the wrong sign, IoU, the absolute value."""
    from torchvision.ops import box_iou

    boxes, wanted = parts["boxes"], parts["wanted"]
    corners, wanted_corners = box_cxcywh_to_xyxy(boxes), box_cxcywh_to_xyxy(wanted)
    yield generalized_box_iou(corners, wanted_corners)
    yield -box_iou(corners, wanted_corners)
    yield -generalized_box_iou(corners, wanted_corners).abs()


def wrong_mixtures(parts: Parts) -> Iterator[Tensor]:
    """Yield wrong costs [N, M]: a term missing, other weights, another class term."""
    logits, labels = parts["logits"], parts["labels"]
    a, b, c = parts["weights"].tolist()
    wrong_weights = [(0, b, c), (a, 0, c), (a, b, 0), (a, b / 4, c), (a, c, b), (1, 1, 1), (b, a, c)]
    defaults = (1, 5, 2)
    if (a, b, c) != defaults:
        wrong_weights.append(defaults)
    for weights in wrong_weights:
        yield total_cost(parts, weights=torch.tensor(weights, dtype=torch.float64))
    yield total_cost(parts, by_class=-logits.log_softmax(-1)[:, labels])
    yield total_cost(parts, by_class=-logits[:, labels])
    terms = [total_cost(parts, weights=one) for one in torch.eye(3, dtype=torch.float64)]
    yield sum(part * term / term.abs().max() for part, term in zip((a, b, c), terms, strict=True))
