"""The matcher finds the pairs, and the loss has the values and gradients, of the paper's code."""

import pytest

from autograder.tests.reference import comparisons
from autograder.tests.reference.ours import solution
from autograder.tests.reference.sources import Tensors, below, cases, from_the_paper, needs_oracle

pytestmark = needs_oracle

MATCHER = (
    "basic",
    "defaults111",
    "zero_object_image",
    "all_zero",
    "single_full",
    "more_targets_than_queries",
    "class_only",
    "l1_only",
    "giou_only",
    "many",
)
CRITERION = ("basic_aux", "zero_object_image", "all_zero", "no_aux", "eos1", "single", "full")


def targets(numbers: Tensors) -> list[Tensors]:
    return comparisons.targets(numbers["n"], numbers["labels"], numbers["tboxes"])


@pytest.mark.parametrize("case", MATCHER)
def test_matcher_agrees_with_the_papers_code(case):
    numbers = below(from_the_paper("matcher"), f"{case}/")
    sizes = numbers["n"].tolist()
    outputs = comparisons.layered(numbers["logits"][None], numbers["boxes"][None])
    pairs = solution("matcher")(*numbers["weights_class_bbox_giou"].tolist())(outputs, targets(numbers))
    assert len(pairs) == len(sizes)
    for image, (queries, objects) in enumerate(pairs):
        costs = numbers["cost"][image].split(sizes, dim=-1)[image].double()
        assert len(queries.unique()) == len(objects.unique()) == len(queries) == min(costs.shape)
        comparisons.close(costs[queries, objects].sum(), numbers["total_cost"][image].double())
    if case != "class_only":  # objects of one class are ties there
        images = range(len(sizes))
        expected = [(numbers[f"src{image}"], numbers[f"tgt{image}"]) for image in images]
        comparisons.compare_pairs(pairs, expected)


@pytest.mark.parametrize("case", CRITERION)
def test_loss_and_its_gradients_agree_with_the_papers_code(case):
    numbers = below(from_the_paper("criterion"), f"{case}/")
    num_classes, noobj_weight = numbers["logits"].shape[-1] - 1, numbers["eos_coef"].item()
    criterion = solution("detr_loss")(num_classes, solution("matcher")(), noobj_weight)
    for ours, theirs in (("class", "loss_ce"), ("bbox", "loss_bbox"), ("giou", "loss_giou")):
        numbers[ours] = numbers[f"loss/{theirs}"]
    comparisons.compare_criterion(criterion, numbers, targets(numbers))


@pytest.mark.parametrize("name, tested", [("matcher", MATCHER), ("criterion", CRITERION)])
def test_every_case_of_the_papers_code_is_tested(name, tested):
    assert cases(from_the_paper(name)) == set(tested)
