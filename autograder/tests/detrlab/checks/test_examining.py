"""detrlab.checks: what an answer may not do beside its task, and what is kept from call to call."""

import functools
import time
from typing import NamedTuple

import pytest
import torch
from torch import nn

from detrlab.cells.switches import SWITCHES, standard_switches
from detrlab.checks.errors import CheckFailed
from detrlab.checks.examining import AGAIN, examine, time_limit
from detrlab.checks.observing import observe, watch
from detrlab.checks.probing import Probe, gradient_at, gradients_at


def add_one(function, case):
    """Observe a function of a tensor [n], a list of tensors and an option."""
    yield "the result", function(case["x"].requires_grad_(), case["others"])
    yield "the result with an option", function(case["x"], others=case["others"], scale=0.0)


def right(x, others, scale=1.0):
    return scale * (x + sum(others))


def cases():
    return [{"x": torch.arange(3.0) + k, "others": [torch.ones(3), torch.ones(3) * k]} for k in range(2)]


def verdict(learner, probe=add_one, correct=right):
    one = Probe(probe)
    outcomes = [observe(one, watch(correct), case) for case in cases()]
    try:
        examine(one, learner, cases(), outcomes, ())
    except CheckFailed as failure:
        return str(failure)
    return "✓"


def in_place(x, others, scale=1.0):
    for other in others:
        x += other
    return scale * x


def pops(x, others, scale=1.0):
    total = x
    while others:
        total = total + others.pop()
    return scale * total


def writes_to_the_list(x, others, scale=1.0):
    others[0] = others[0] + others[1]
    return scale * (x + others[0])


def reshapes_its_argument(x, others, scale=1.0):
    result = scale * (x + sum(others))
    others[0].unsqueeze_(0)
    return result


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (in_place, "`x`"),
        (pops, "`others`"),
        (writes_to_the_list, "`others`"),
        (reshapes_its_argument, "`others`"),
    ],
)
def test_argument_that_a_call_changes_is_named(function, argument):
    assert f"changes its argument {argument} in place" in verdict(function)


def test_right_answer_passes():
    assert verdict(right) == "✓"


def test_answer_that_writes_into_what_it_returned_earlier_is_named():
    kept = torch.zeros(3)

    def returns_its_own(x, others, scale=1.0):
        kept.copy_((scale * (x + sum(others))).detach())
        return kept

    assert "What your code returned from an earlier call has changed" in verdict(returns_its_own)


def test_function_that_counts_its_calls_is_found():
    calls = []

    def right_four_times(x, others, scale=1.0):
        calls.append(1)
        return right(x, others, scale) if len(calls) <= 4 else x

    assert verdict(right_four_times).startswith(AGAIN)


class Affine(nn.Module):
    """Multiplies by a weight; `kept` says what it keeps from its first call."""

    kept = ""

    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.cache = {}

    def forward(self, x):
        key = {"shape": x.shape, "weight": 0, "nothing": None}.get(self.kept, object())
        if key not in self.cache:
            self.cache[key] = (self.weight if self.kept == "weight" else self.weight * x).detach().clone()
        return self.cache[key] * x if self.kept == "weight" else self.cache[key]


def build(learner_class, case):
    """Build a module with the weights of the case, and call it."""
    module = learner_class(3)
    module.load_state_dict({"weight": case["others"][1] + 1})
    yield "the output", module(case["x"])


@pytest.mark.parametrize("kept", ["shape", "weight", "nothing"])
def test_object_that_keeps_something_from_an_earlier_call_is_found(kept):
    learner = type("Learner", (Affine,), {"kept": kept})
    assert verdict(learner, build, Affine).startswith(AGAIN)


def test_object_that_keeps_nothing_passes():
    assert verdict(Affine, build, Affine) == "✓"


class Three(NamedTuple):
    first: torch.Tensor
    second: float
    third: dict


class Name(str):
    pass


def test_subclass_of_a_plain_type_is_the_plain_type():
    def probe(function, case):
        yield "the result", function(case["x"])

    answers = [lambda x: (x, 2.0, {"a": ["b"]}), lambda x: Three(x, 2.0, {"a": [Name("b")]})]
    assert verdict(answers[1], probe, answers[0]) == "✓"


def test_answer_that_checkpoints_passes():
    from torch.utils.checkpoint import checkpoint

    def probe(function, case):
        x, y = case["x"].requires_grad_(), case["others"][0].requires_grad_()
        yield "the gradients", gradients_at([x, y], function(x.clone(), [y.clone()]))
        yield "the gradient", gradient_at(x, function(x.clone(), [y]))

    def checkpointed(x, others):
        return checkpoint(lambda x, y: right(x, [y]).square(), x, others[0], use_reentrant=True)

    assert verdict(checkpointed, probe, lambda x, others: right(x, others).square()) == "✓"


def test_answer_may_be_a_partial_or_an_object():
    assert verdict(functools.partial(right, scale=1.0)) == "✓"


def test_block_runs_under_standard_switches_and_names_those_that_were_changed():
    before = [switch.read() for switch in SWITCHES]
    try:
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        with standard_switches() as changed:
            assert torch.get_default_dtype() == torch.float32 and torch.is_grad_enabled()
            torch.use_deterministic_algorithms(True)
        assert [words.partition(":")[2] for words in changed] == [" torch.float64", " False"]
        assert torch.get_default_dtype() == torch.float64 and not torch.is_grad_enabled()
        assert not torch.are_deterministic_algorithms_enabled()
    finally:
        for switch, value in zip(SWITCHES, before, strict=True):
            switch.write(value)


def swallows_interrupts():
    rounds = 0
    while rounds < 2:
        try:
            while True:
                pass
        except KeyboardInterrupt:
            rounds += 1
    while True:
        pass


@pytest.mark.parametrize("code", [lambda: time.sleep(60), swallows_interrupts])
def test_code_that_does_not_end_is_stopped_with_a_sentence(code):
    with pytest.raises(CheckFailed, match="Does a loop never end"), time_limit(seconds=0.5):
        code()


def test_interrupt_of_the_learner_ends_the_check_as_such():
    with pytest.raises(KeyboardInterrupt), time_limit():
        raise KeyboardInterrupt


def test_code_that_ends_in_time_is_left_alone():
    with time_limit(seconds=0.6):
        pass
    time.sleep(1.2)
