"""The matcher finds the pairs, and the loss has the values and gradients, of those of `transformers`."""

import pytest

from autograder.tests.reference import comparisons
from autograder.tests.reference.ours import solution
from autograder.tests.reference.sources import Tensors, below, cases, from_transformers

NUM_CLASSES = 5
MATCHER = (
    "usual",
    "equal_costs",
    "image_without_objects",
    "no_objects",
    "as_many_objects_as_queries",
    "more_objects_than_queries",
    "class_alone",
    "distance_alone",
    "overlap_alone",
    "six_images",
)
LOSS = (
    "with_aux",
    "without_aux",
    "image_without_objects",
    "no_objects",
    "more_objects_than_queries",
    "other_noobj_weight",
    "other_weights",
    "other_costs",
)


def targets(numbers: Tensors) -> list[Tensors]:
    return comparisons.targets(numbers["counts"], numbers["labels"], numbers["wanted"])


@pytest.mark.parametrize("case", MATCHER)
def test_matcher_agrees_with_transformers(case):
    numbers = below(from_transformers("matcher"), f"{case}/")
    outputs = comparisons.layered(numbers["logits"][None], numbers["boxes"][None])
    pairs = solution("matcher")(*numbers["costs"].tolist())(outputs, targets(numbers))
    images = range(len(numbers["counts"]))
    expected = [(numbers[f"queries{image}"], numbers[f"objects{image}"]) for image in images]
    comparisons.compare_pairs(pairs, expected)


@pytest.mark.parametrize("case", LOSS)
def test_loss_and_its_gradients_agree_with_transformers(case):
    numbers = below(from_transformers("loss"), f"{case}/")
    noobj_weight, weight_bbox, weight_giou = numbers["weights"].tolist()
    criterion = solution("detr_loss")(
        NUM_CLASSES,
        solution("matcher")(*numbers["costs"].tolist()),
        noobj_weight=noobj_weight,
        weight_bbox=weight_bbox,
        weight_giou=weight_giou,
    )
    comparisons.compare_criterion(criterion, numbers, targets(numbers))


@pytest.mark.parametrize("name, tested", [("matcher", MATCHER), ("loss", LOSS)])
def test_every_case_of_transformers_is_tested(name, tested):
    assert cases(from_transformers(name)) == set(tested)
