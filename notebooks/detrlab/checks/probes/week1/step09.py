"""Probes of notebook 09."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from detrlab.checks.comparing import kind
from detrlab.checks.errors import CheckAborted
from detrlab.checks.observing import error_names
from detrlab.checks.probes.given import given
from detrlab.checks.probing import Case, Observation, probe

Weights = dict[str, Tensor]  # a state_dict: tensors [...] by name

ADAMW = "Groups and rates are right: is it AdamW, with PyTorch's own betas and eps?"
PARTS = ["bbox", "class", "giou", "total"]


@probe()
def detr_collate(collate: Any, case: Case) -> Iterator[Observation]:
    """Join samples into a batch of images [B, 3, H, W] and targets."""
    batch = collate([tuple(sample) for sample in case["batch"]])
    yield "what detr_collate returns", described(batch)
    if described(batch) != "a tensor and a list":
        return
    images, targets = batch
    yield "the shape of the images", list(images.shape)
    yield "the tensor of the images", images
    yield "the number of targets", len(targets)
    yield "the list of targets", [described(target) for target in targets]
    for number, target in enumerate(targets):
        if isinstance(target, dict):
            for name in sorted(target):
                yield f"{name} of target {number}", target[name]


@probe()
def build_optimizer(build: Any, case: Case) -> Iterator[Observation]:
    """Build an optimizer for a model with confusing names; observe its groups, then what steps change."""
    model = given(build, "ManyParts")(case["frozen"])
    names = {mark_of(value): name for name, value in reversed(list(model.state_dict().items()))}
    optimizer = build(model, **case["rates"])
    yield "the list of frozen parameters afterwards", model.frozen()
    groups = [
        (group["lr"], sorted(names[mark_of(p)] for p in group["params"]), group)
        for group in optimizer.param_groups
    ]
    groups.sort(key=lambda group: group[:2])
    yield "the number of groups", len(groups)
    yield "the list of learning rates", [lr for lr, _, _ in groups]
    for lr, learners, _ in groups:
        yield f"the list of what learns at {lr}", learners
    yield "the list of weight decays", [group["weight_decay"] for *_, group in groups]
    model.load_state_dict(case["start"])
    start = flat(model)
    for number, gradients in enumerate(case["gradients"], start=1):
        model.pull(gradients)
        optimizer.step()
        moved = (flat(model) - start) / max(case["rates"].values())  # rates are as small as tolerances
        yield f"the tensor of what step {number} makes of the weights, in learning rates", moved, ADAMW


@probe()
def train_step(step_function: Any, case: Case) -> Iterator[Observation]:
    """Take steps with plain gradient descent, small and large gradients, then with spoilt losses."""
    config, weights, (first, second) = case["config"], case["weights"], case["batches"]

    def model_with_weights() -> tuple[Any, Any]:
        model = given(step_function, "ToyModel")(**config)
        model.add_unused()
        model.load_state_dict({**model.state_dict(), **weights})
        model.eval()
        return model, given(step_function, "GradientDescent")(model, case["lr"])

    def judge(**options: Any) -> Any:
        return given(step_function, "ToyLoss")(config["num_classes"], **options)

    model, optimizer = model_with_weights()
    small, start = judge(scale=case["scales"][0]), flat(model)
    losses = step_function(model, small, optimizer, *first)
    yield "how often the model was asked in one step", len(model.seen)
    yield "the mode of the model in its step", model.seen[0]["mode"]
    yield "what train_step returns", described(losses)
    if described(losses) != "a dict with " + ", ".join(PARTS):
        return
    yield "the sort of its values", ", ".join(sorted({kind(losses[name]) for name in PARTS}))
    values = [torch.as_tensor(losses[name]).detach().double() for name in PARTS]
    yield "the list of its four values", values
    yield "the tensor of all weights after a first step, with small gradients", flat(model)
    yield "the list of learning rates after it", [group["lr"] for group in optimizer.param_groups]
    if torch.equal(start, flat(model)):
        yield "what the optimizer was asked for", ", ".join(optimizer.notes)
        yield "the claim that there are gradients afterwards", model.gradient_length() > 0
    model.train()
    step_function(model, small, optimizer, *second)
    yield "the mode of the model in a step before which it was in training mode", model.seen[-1]["mode"]
    yield (
        "the tensor of all weights after a second step",
        flat(model),
        "After the first step they are right: is something left over from it?",
    )
    for scale in case["scales"][1:]:
        model, optimizer = model_with_weights()
        step_function(model, judge(scale=scale), optimizer, *first)
        longer = f"{scale / case['scales'][0]:,.0f} times as long"
        yield (
            f"the tensor of all weights after a step with gradients {longer}",
            flat(model),
            "With small gradients it is right: look at the clipping.",
        )
        if (flat(model) - start).norm() > 2 * case["limit"] * case["lr"]:  # too far for clipped gradients
            clipped = model.gradient_length() < 2 * case["limit"]
            yield f"the claim that the gradients were clipped after a step, {longer}", clipped
    for part, number in case["spoilt"]:
        model, optimizer = model_with_weights()
        before, judged = flat(model), judge(spoilt=part, by=number)
        ended = ending(step_function, model, judged, optimizer, *first, step=case["step"])
        where = f"where the part {part!r} is {number}"
        yield f"the error {where}", ended[0]
        yield f"the claim that the error names the step, {where}", str(case["step"]) in ended[1]
        yield f"the claim that the error names the part, {where}", part in ended[1]
        yield f"the claim that no weight has changed, {where}", torch.equal(before, flat(model))


def model_and_loss(learner: Any, training_only: bool = False, **options: Any) -> tuple[Any, Any]:
    """Build a model and a criterion to train it with, in the process of the learner's code."""
    return given(learner, "ToyModel")(4, 3, training_only), given(learner, "ToyLoss")(3, **options)


def judge_for(learner: Any, case: Case) -> Any:
    """Build a criterion for the case's number of classes."""
    return given(learner, "ToyLoss")(case["sizes"]["num_classes"])


def described(value: Any) -> str:
    """Return in words what an object is."""
    if torch.is_tensor(value):
        return "a tensor"
    if isinstance(value, dict):
        return f"a dict with {', '.join(sorted(map(str, value)))}"
    if isinstance(value, tuple) and len(value) == 2:
        return " and ".join(described(list(part) if isinstance(part, tuple) else part) for part in value)
    return "nothing" if value is None else f"a {kind(value)}"


def ending(call: Callable, *arguments: Any, **settings: Any) -> tuple[str, str]:
    """Return the name and the message of the error that ends a call, or "no error" and "".

    Raises:
        CheckAborted: if the call could not be made.
        NotImplementedError: if the call reaches a stub.
    """
    try:
        call(*arguments, **settings)
    except CheckAborted:
        raise
    except Exception as error:
        if "NotImplementedError" in error_names(error):
            raise
        return error_names(error)[0], str(error)
    return "no error", ""


def mark_of(parameter: Tensor) -> float:
    """Return the number that a parameter [...] is filled with."""
    return parameter.detach().flatten()[0].item()


def state_of(model: Any) -> Weights:
    """Return a copy of all weights [...] by name, on the CPU."""
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def flat(model: Any) -> Tensor:
    """Return all weights of a model as one vector [n]."""
    return torch.cat([value.flatten() for value in state_of(model).values()])


def changed(before: Weights, after: Weights) -> list[str]:
    """Return the names of the weights [...] that differ."""
    if before.keys() != after.keys():
        return ["everything"]
    return sorted(name for name in before if not torch.equal(before[name], after[name]))


def marks(model: Any) -> list[float]:
    """Return the sums of the pixels of the images that a ToyModel has seen, without repetition."""
    return sorted({mark for look in model.seen for mark in look["marks"]})
