"""Cases of notebook 10: small detectors whose predictions are designed to exercise every rule.

The parameters of a detector are drawn, except for its heads, which solve a linear system for the
predictions that a case needs; it is solvable because there are fewer queries than channels. The first map
has 2 × 8 cells, so that an answer that takes the square root of their number gets 4 × 4.
"""

from collections.abc import Iterator
from itertools import combinations

import torch
from torch import Tensor

from autograder.hidden.cases import cases, normal
from autograder.hidden.reference import reference
from detrlab.checks.probes.given import SmallDetector
from detrlab.checks.probing import Case
from detrlab.checks.weights import Weights
from detrlab.standins.training import cross_attention_maps as stand_in_maps

NAMES = ("num_classes", "num_queries", "d_model", "n_heads", "n_layers", "stride")
# the configuration in the order of NAMES, and the image's height and width in pixels
SIZES = (
    ((3, 9, 12, 4, 3, 8), (13, 61)),  # 2 x 8 cells
    ((5, 7, 12, 3, 2, 16), (70, 40)),  # 5 x 3 cells
)
SMALLER_SIZES = (
    ((3, 5, 8, 2, 2, 8), (13, 61)),
    ((2, 4, 9, 3, 3, 16), (70, 40)),
)
LOW, DEFAULT, ONE, NEVER = 0.3, 0.7, 0.91, 1.5  # ONE: a single query is more certain
CERTAIN = 200.0  # a difference of logits that makes every probability exactly 0 or 1
# Probabilities of the three classes and "no object", with a row for each query of the first size.
PROBABILITIES = (
    (0.02, 0.01, 0.02, 0.95),  # "no object", at every threshold
    (0.92, 0.03, 0.02, 0.03),  # kept
    (0.85, 0.05, 0.05, 0.05),  # kept: the same class, nearly the same box
    (0.03, 0.90, 0.03, 0.04),  # kept
    (0.40, 0.05, 0.03, 0.52),  # above the low threshold, but "no object"
    (0.50, 0.36, 0.10, 0.04),  # an object of uncertain class: kept at the low threshold only
    (0.06, 0.45, 0.15, 0.34),  # kept at the low threshold only
    (0.28, 0.24, 0.25, 0.23),  # a real class, below every threshold
    (0.10, 0.08, 0.06, 0.76),  # "no object"
)
NEAR_DUPLICATES = (1, 2)  # the queries with nearly the same box


@cases
def predict(generator: torch.Generator) -> Iterator[Case]:
    """Draw a detector with uncertain predictions, for several thresholds, and one with certain ones."""
    case = draw_case(generator, *SIZES[0])
    order = torch.cat([torch.zeros(1, dtype=torch.int64), 1 + torch.randperm(8, generator=generator)])
    boxes = draw_boxes(generator, 9)
    boxes[NEAR_DUPLICATES[1]] = boxes[NEAR_DUPLICATES[0]] + 0.02 * torch.rand(4, generator=generator)
    logits = torch.tensor(PROBABILITIES).log() + 0.01 * normal(generator, 9, 4)
    yield with_predictions(case, logits[order], boxes[order]) | {"thresholds": [LOW, ONE, 0.0, NEVER]}
    case = draw_case(generator, *SIZES[1])
    kept = (1 + torch.randperm(6, generator=generator)[:3]).tolist()
    yield with_certain_predictions(case, generator, kept) | {"thresholds": [1.0]}


@cases
def cross_attention_maps(generator: torch.Generator) -> Iterator[Case]:
    """Draw detectors whose maps are wider than high, and higher than wide."""
    for sizes, shape in SMALLER_SIZES:
        yield draw_case(generator, sizes, shape)


@cases
def predict_and_visualize(generator: torch.Generator) -> Iterator[Case]:
    """Draw two detectors with certain predictions; the threshold of the second excludes all of them."""
    for size, count, threshold in zip(SIZES, (5, 3), (DEFAULT, NEVER), strict=True):
        kept = None
        while not kept:
            case = draw_case(generator, *size)
            kept = find_distinct_queries(case, count)
        case = with_certain_predictions(case, generator, kept)
        yield case | {"score_threshold": threshold, "kept": len(kept) if threshold <= 1 else 0}


def draw_case(generator: torch.Generator, sizes: tuple[int, ...], shape: tuple[int, int]) -> Case:
    """Draw an image [3, H, W] and every parameter of a detector.

    The weights are larger than PyTorch's initial ones, which makes attention sharper.

    Args:
        generator: the source of randomness.
        sizes: the configuration in the order of NAMES.
        shape: the image's height and width in pixels.
    """
    config = dict(zip(NAMES, sizes, strict=True))
    weights: Weights = {}
    for name, tensor in SmallDetector(**config).state_dict().items():
        scale = tensor[0].numel() ** -0.5 if tensor.dim() > 1 else 0.5
        scale *= 3 if name.startswith("backbone") else 2 if "in_proj_weight" in name else 1
        weights[name] = scale * normal(generator, *tensor.shape)
    weights["query_embed.weight"] *= config["d_model"] ** 0.5
    return {"config": config, "weights": weights, "image": torch.rand(3, *shape, generator=generator)}


def build(case: Case) -> SmallDetector:
    """Build a case's detector, in eval mode."""
    model = SmallDetector(**case["config"]).eval()
    model.load_state_dict(case["weights"])
    return model


def with_predictions(case: Case, logits: Tensor, boxes: Tensor) -> Case:
    """Return a case whose heads give these logits [N, K + 1] and boxes [N, 4] after the last layer."""
    vectors: list[Tensor] = []
    model = build(case)
    model.heads.register_forward_hook(lambda heads, inputs, output: vectors.append(inputs[0][0]))
    with torch.no_grad():
        model(case["image"][None])
    rows = torch.nn.functional.pad(vectors[-1].double(), (0, 1), value=1.0)  # the last column: the bias
    columns = torch.linalg.pinv(rows) @ torch.cat([logits, boxes.logit()], dim=1).double()
    heads = {"heads.weight": columns[:-1].T.float().contiguous(), "heads.bias": columns[-1].float()}
    return case | {"weights": case["weights"] | heads}


def with_certain_predictions(case: Case, generator: torch.Generator, kept: list[int]) -> Case:
    """Return a case where these queries predict an object, the others none, with probability 1 each."""
    n_queries, n_classes = case["config"]["num_queries"], case["config"]["num_classes"]
    winners = torch.full((n_queries,), n_classes)
    winners[kept] = torch.randint(n_classes, (len(kept),), generator=generator)
    logits = normal(generator, n_queries, n_classes + 1)
    logits[range(n_queries), winners] += CERTAIN
    return with_predictions(case, logits, draw_boxes(generator, n_queries))


def draw_boxes(generator: torch.Generator, count: int) -> Tensor:
    """Draw boxes [count, 4] (cx, cy, w, h) near the centre of the image."""
    centres = 0.3 + 0.4 * torch.rand(count, 2, generator=generator)
    return torch.cat([centres, 0.2 + 0.3 * torch.rand(count, 2, generator=generator)], dim=1)


def find_distinct_queries(case: Case, count: int) -> list[int] | None:
    """Return queries whose attention peaks at different cells, and not where as many first ones peak.

    Both the reference's maps and those of the stand-in, which replaces them in grading, have to fulfil
    this. Returns None if no `count` queries do.
    """
    maps = [
        function(build(case), case["image"])[-1]
        for function in (reference("cross_attention_maps"), stand_in_maps)
    ]
    peaks = [attention.flatten(1).argmax(-1).tolist() for attention in maps]
    for chosen in combinations(range(1, case["config"]["num_queries"]), count):
        peaks_of_chosen = [sorted(peak[query] for query in chosen) for peak in peaks]
        peaks_of_first = [sorted(peak[:count]) for peak in peaks]
        pairs = zip(peaks_of_chosen, peaks_of_first, strict=True)
        if all(len(set(cells)) == count and cells != first for cells, first in pairs):
            return list(chosen)
    return None
