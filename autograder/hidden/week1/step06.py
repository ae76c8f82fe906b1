"""Cases of notebook 06: each term of the cost alone, all three, batches, and predictions that are broken.

No case is decided by a hair: the best matching is better than the second best by MARGIN. And the first
cases, of one image each, are *discriminating*: wrong costs (`wrong_costs` below) and greedy recipes all
lead to other pairs there, and where only one term counts, the wrong costs also differ from one another.
"""

import math
from collections.abc import Callable, Iterator

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from autograder.hidden.cases import cases, normal
from detrlab.checks.probing import Case
from detrlab.standins.parts import box_cxcywh_to_xyxy, generalized_box_iou

MARGIN = 0.01
DRAWS = 100_000
Parts = dict[str, Tensor]


@cases
def matcher(generator: torch.Generator) -> Iterator[Case]:
    """Draw single images that tell one mistake from another, then batches, then broken predictions."""
    only = {"cost_class": 0.0, "cost_bbox": 0.0, "cost_giou": 0.0}
    yield draw(
        generator,
        [6],
        config=only | {"cost_class": 2.0},
        wrong_costs=wrong_class_costs,
        distinct=True,
        advice="Here only the class counts: cost_bbox and cost_giou are 0.",
    )
    yield draw(
        generator,
        [6],
        config=only | {"cost_bbox": 2.0},
        wrong_costs=wrong_distance_costs,
        advice="Here only the L1 distance counts. With the class alone it is right.",
    )
    yield draw(
        generator,
        [6],
        config=only | {"cost_giou": 3.0},
        wrong_costs=wrong_overlap_costs,
        advice="Here only the GIoU counts. With the class or the L1 distance alone it is right.",
    )
    alone = "Each of the three costs alone is right."
    yield draw(generator, [7], config={}, wrong_costs=wrong_mixtures, advice=alone)
    yield draw(
        generator,
        [7],
        config={"cost_class": 4.0, "cost_bbox": 2.0, "cost_giou": 3.0},
        wrong_costs=wrong_mixtures,
        advice=f"{alone} Here the three weights are other ones than the defaults.",
    )
    yield draw(generator, [4, 0, 3], advice="A batch of one image is right.")
    yield draw(generator, [0, 0], advice="Batches with objects are right.")
    few = "Here some images hold as many objects as there are queries, or more."
    yield draw(generator, [5, 8], n_queries=5, advice=few)
    training = "Without gradients it is right; in training the predictions carry them."
    yield draw(generator, [3], with_gradient=True, advice=training)
    for name, image, field, value in (
        ("NaN in the logits of image 2", 2, "pred_logits", math.nan),
        ("NaN in a box of image 1", 1, "pred_boxes", math.nan),
        ("an infinite number in a box of image 2", 2, "pred_boxes", math.inf),
        ("NaN in the logits of image 3, which has no objects", 3, "pred_logits", math.nan),
    ):
        case = draw(generator, [2, 1, 3, 0])
        case["outputs"][field][image, 4, 1] = value
        yield case | {"broken": image, "advice": f"There is {name}."}


def draw(
    generator: torch.Generator,
    counts: list[int],
    config: dict | None = None,
    wrong_costs: Callable[[Parts], Iterator[Tensor]] | None = None,
    n_queries: int = 7,
    distinct: bool = False,
    with_gradient: bool = False,
    advice: str = "",
) -> Case:
    """Draw a batch with so many objects in its images, until nothing in it is a near-tie."""
    n_queries = max(n_queries, max(counts) + 3) if wrong_costs else n_queries
    n_classes = 7 if distinct else 4
    for _ in range(DRAWS):
        outputs = {
            "pred_logits": 2 * normal(generator, len(counts), n_queries, n_classes + 1),
            "pred_boxes": draw_boxes(generator, len(counts), n_queries),
        }
        targets = [draw_target(generator, count, n_classes, distinct) for count in counts]
        if all(
            is_good(parts_of(outputs, targets, image, config or {}), wrong_costs)
            for image in range(len(counts))
        ):
            return {
                "config": config or {},
                "outputs": outputs,
                "targets": targets,
                "with_gradient": with_gradient,
                "broken": None,
                "advice": advice,
            }
    raise RuntimeError(f"{DRAWS} draws, and no case without near-ties.")


def draw_boxes(generator: torch.Generator, *shape: int) -> Tensor:
    """Draw boxes [*shape, 4], (cx, cy, w, h), of which many overlap."""
    centres = 0.2 + 0.6 * torch.rand(*shape, 2, generator=generator)
    sizes = 0.1 + 0.5 * torch.rand(*shape, 2, generator=generator)
    return torch.cat([centres, sizes], dim=-1)


def draw_target(generator: torch.Generator, count: int, n_classes: int, distinct: bool) -> dict:
    """Draw one image's objects. With the class as the only cost, equal labels would be ties."""
    some = torch.randperm(n_classes, generator=generator)[:count]
    any_ = torch.randint(n_classes, (count,), generator=generator)
    return {"labels": some if distinct else any_, "boxes": draw_boxes(generator, count)}


def parts_of(outputs: dict, targets: list[dict], image: int, config: dict) -> Parts:
    """Collect what the costs of one image are made of, in double precision."""
    weights = {"cost_class": 1.0, "cost_bbox": 5.0, "cost_giou": 2.0} | config
    return {
        "logits": outputs["pred_logits"][image].double(),
        "boxes": outputs["pred_boxes"][image].double(),
        "labels": targets[image]["labels"],
        "wanted": targets[image]["boxes"].double(),
        "weights": torch.tensor(list(weights.values()), dtype=torch.float64),
    }


def total(parts: Parts, by_class: Tensor | None = None, weights: Tensor | None = None) -> Tensor:
    """Return the cost matrix [N, M], with another class term or other weights where they are given."""
    factors = parts["weights"] if weights is None else weights
    right_class = -parts["logits"].softmax(-1)[:, parts["labels"]]
    terms = (
        right_class if by_class is None else by_class,
        torch.cdist(parts["boxes"], parts["wanted"], p=1),
        -generalized_box_iou(box_cxcywh_to_xyxy(parts["boxes"]), box_cxcywh_to_xyxy(parts["wanted"])),
    )
    return sum(factor * term for factor, term in zip(factors, terms, strict=True))


def is_good(parts: Parts, wrong_costs: Callable[[Parts], Iterator[Tensor]] | None) -> bool:
    """Say whether the best matching is best by the margin, and no wrong cost leads to the same one."""
    cost = total(parts)
    right = best(cost)
    if wrong_costs:
        found = [best(wrong_cost) for wrong_cost in wrong_costs(parts)]
        alike = len({*map(frozenset, found)}) < len(found)
        if right in found or right in greedy(cost) or (alike and wrong_costs is not wrong_mixtures):
            return False
    return margin(cost) >= MARGIN


def best(cost: Tensor) -> set[tuple[int, int]]:
    """Return the optimal pairs."""
    rows, columns = linear_sum_assignment(cost.numpy())
    return set(zip(rows.tolist(), columns.tolist(), strict=True))


def margin(cost: Tensor) -> float:
    """Return by how much the best matching is better than the second best."""
    pairs = best(cost)
    lowest = sum(cost[pair].item() for pair in pairs)
    gap = math.inf
    for pair in pairs if max(cost.shape) > 1 else ():
        without = cost.clone()
        without[pair] = 1e3
        gap = min(gap, sum(without[other].item() for other in best(without)) - lowest)
    return gap


def greedy(cost: Tensor) -> Iterator[set[tuple[int, int]]]:
    """Yield what three greedy recipes do: each object its own, one after another, cheapest first."""
    yield {(query, thing) for thing, query in enumerate(cost.argmin(0).tolist())}
    left, pairs = cost.clone(), set()
    for thing in range(cost.shape[1]):
        query = int(left[:, thing].argmin())
        pairs.add((query, thing))
        left[query] = math.inf
    yield pairs
    left, pairs = cost.clone(), set()
    for _ in range(cost.shape[1]):
        query, thing = divmod(int(left.argmin()), cost.shape[1])
        pairs.add((query, thing))
        left[query], left[:, thing] = math.inf, math.inf
    yield pairs


def wrong_class_costs(parts: Parts) -> Iterator[Tensor]:
    """Yield wrong class costs."""
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
    """Yield wrong distances."""
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
    """Yield wrong overlaps."""
    from torchvision.ops import box_iou

    boxes, wanted = parts["boxes"], parts["wanted"]
    corners, wanted_corners = box_cxcywh_to_xyxy(boxes), box_cxcywh_to_xyxy(wanted)
    yield generalized_box_iou(corners, wanted_corners)
    yield -box_iou(corners, wanted_corners)
    yield -generalized_box_iou(corners, wanted_corners).abs()


def wrong_mixtures(parts: Parts) -> Iterator[Tensor]:
    """Yield costs with a term missing, with other weights, or with another class term."""
    logits, labels = parts["logits"], parts["labels"]
    a, b, c = parts["weights"].tolist()
    swaps = [(0, b, c), (a, 0, c), (a, b, 0), (a, b / 4, c), (a, c, b), (1, 1, 1), (b, a, c)]
    usual = (1, 5, 2)
    if (a, b, c) != usual:
        swaps.append(usual)
    for weights in swaps:
        yield total(parts, weights=torch.tensor(weights, dtype=torch.float64))
    yield total(parts, by_class=-logits.log_softmax(-1)[:, labels])
    yield total(parts, by_class=-logits[:, labels])
