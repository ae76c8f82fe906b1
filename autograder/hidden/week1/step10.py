"""Cases of notebook 10: small detectors whose answers are designed, so that every rule decides something.

A detector's attention is drawn; its heads are solved for the answers that a case needs, which can be
done because there are fewer queries than channels. The first map has 2 × 8 cells: 16 of them, so that
whoever takes the root of their number gets 4 × 4.
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
# the configuration in the order of NAMES, and the image's height and width
SIZES = (
    ((3, 9, 12, 4, 3, 8), (13, 61)),  # 2 x 8 cells
    ((5, 7, 12, 3, 2, 16), (70, 40)),  # 5 x 3 cells
)
FEWER = (
    ((3, 5, 8, 2, 2, 8), (13, 61)),
    ((2, 4, 9, 3, 3, 16), (70, 40)),
)
LOW, DEFAULT, NEVER = 0.3, 0.7, 1.5
CERTAIN = 200.0  # logits so far apart that every probability is exactly 0 or 1
# Probabilities of two real classes, the third, and "no object"; one row for each query of the first size.
DOUBTS = (
    (0.02, 0.01, 0.02, 0.95),  # "no object", at every threshold
    (0.92, 0.03, 0.02, 0.03),  # kept
    (0.85, 0.05, 0.05, 0.05),  # kept: the same class, nearly the same box
    (0.03, 0.90, 0.03, 0.04),  # kept
    (0.40, 0.05, 0.03, 0.52),  # over the low threshold, and yet "no object"
    (0.50, 0.36, 0.10, 0.04),  # certainly some object: kept at the low threshold only
    (0.06, 0.45, 0.15, 0.34),  # kept at the low threshold only
    (0.28, 0.24, 0.25, 0.23),  # the best is a real class, and below every threshold
    (0.10, 0.08, 0.06, 0.76),  # "no object"
)
TWINS = (1, 2)


@cases
def predict(generator: torch.Generator) -> Iterator[Case]:
    """Draw a detector with doubts, asked at several thresholds, and one without any."""
    case = draw(generator, *SIZES[0])
    order = torch.cat([torch.zeros(1, dtype=torch.int64), 1 + torch.randperm(8, generator=generator)])
    boxes = draw_boxes(generator, 9)
    boxes[TWINS[1]] = boxes[TWINS[0]] + 0.02 * torch.rand(4, generator=generator)
    logits = torch.tensor(DOUBTS).log() + 0.01 * normal(generator, 9, 4)
    yield with_answers(case, logits[order], boxes[order]) | {"thresholds": [LOW, NEVER]}
    case = draw(generator, *SIZES[1])
    kept = (1 + torch.randperm(6, generator=generator)[:3]).tolist()
    yield without_doubts(case, generator, kept) | {"thresholds": [1.0]}


@cases
def cross_attention_maps(generator: torch.Generator) -> Iterator[Case]:
    """Draw detectors whose maps are wider than high, and higher than wide."""
    for sizes, shape in FEWER:
        yield draw(generator, sizes, shape)


@cases
def predict_and_visualize(generator: torch.Generator) -> Iterator[Case]:
    """Draw two detectors without doubts; the second is asked for more than certainty, and keeps none."""
    for size, threshold in zip(SIZES, (DEFAULT, NEVER), strict=True):
        kept = None
        while not kept:
            case = draw(generator, *size)
            kept = with_places_of_their_own(case)
        case = without_doubts(case, generator, kept)
        yield case | {"score_threshold": threshold, "kept": len(kept) if threshold <= 1 else 0}


def draw(generator: torch.Generator, sizes: tuple[int, ...], shape: tuple[int, int]) -> Case:
    """Draw an image and every parameter of a detector; attention is sharper than by PyTorch's draw."""
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


def with_answers(case: Case, logits: Tensor, boxes: Tensor) -> Case:
    """Solve for the heads that give these logits [N, K+1] and boxes [N, 4] after the last layer."""
    vectors: list[Tensor] = []
    model = build(case)
    model.heads.register_forward_hook(lambda heads, inputs, output: vectors.append(inputs[0][0]))
    with torch.no_grad():
        model(case["image"][None])
    rows = torch.nn.functional.pad(vectors[-1].double(), (0, 1), value=1.0)  # 1: the bias
    columns = torch.linalg.pinv(rows) @ torch.cat([logits, boxes.logit()], dim=1).double()
    heads = {"heads.weight": columns[:-1].T.float().contiguous(), "heads.bias": columns[-1].float()}
    return case | {"weights": case["weights"] | heads}


def without_doubts(case: Case, generator: torch.Generator, kept: list[int]) -> Case:
    """Let these queries name an object and the others none, each with a probability of exactly 1."""
    n_queries, n_classes = case["config"]["num_queries"], case["config"]["num_classes"]
    winners = torch.full((n_queries,), n_classes)
    winners[kept] = torch.randint(n_classes, (len(kept),), generator=generator)
    logits = normal(generator, n_queries, n_classes + 1)
    logits[range(n_queries), winners] += CERTAIN
    return with_answers(case, logits, draw_boxes(generator, n_queries))


def draw_boxes(generator: torch.Generator, count: int) -> Tensor:
    """Draw boxes (cx, cy, w, h) in the middle of the image."""
    centres = 0.3 + 0.4 * torch.rand(count, 2, generator=generator)
    return torch.cat([centres, 0.2 + 0.3 * torch.rand(count, 2, generator=generator)], dim=1)


def with_places_of_their_own(case: Case) -> list[int] | None:
    """Return three queries that look elsewhere than each other and the first three, if there are such.

    It holds for the right maps and for those of the stand-in, which grading puts in their place.
    """
    maps = [
        function(build(case), case["image"])[-1]
        for function in (reference("cross_attention_maps"), stand_in_maps)
    ]
    peaks = [one.flatten(1).argmax(-1).tolist() for one in maps]
    for chosen in combinations(range(1, case["config"]["num_queries"]), 3):
        places = [sorted(peak[query] for query in chosen) for peak in peaks]
        if all(len(set(p)) == 3 and p != sorted(peak[:3]) for p, peak in zip(places, peaks, strict=True)):
            return list(chosen)
    return None
