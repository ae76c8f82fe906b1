"""Probes of notebook 09."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from detrlab.judging import kind
from detrlab.outcome import BrokeOff, error_names
from detrlab.probes import Case, Observation, probe
from detrlab.probes.given import given

Weights = dict[str, Tensor]

PARTS = ["bbox", "class", "giou", "total"]
AT_WORK = {"log_every": 0, "num_steps": 3, "num_samples": 3, "batch_size": 2, "image_size": 40}


@probe()
def detr_collate(collate: Any, case: Case) -> Iterator[Observation]:
    """Join samples to a batch."""
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
    """Build an optimizer for a model whose parameters have confusing names; see what learns how fast."""
    model = given(build, "ManyParts")(case["frozen"])
    names = {mark_of(value): name for name, value in reversed(list(model.state_dict().items()))}
    optimizer = build(model, **case["rates"])
    yield "the list of frozen parameters afterwards", model.frozen()
    yield "the kind of optimizer", kind(optimizer)
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


@probe()
def train_step(step_function: Any, case: Case) -> Iterator[Observation]:
    """Take steps with plain gradient descent, small and large gradients, then with spoilt losses."""
    config, weights, (first, second) = case["config"], case["weights"], case["batches"]

    def pupil_with_weights() -> tuple[Any, Any]:
        pupil = given(step_function, "Pupil")(**config)
        pupil.add_unused()
        pupil.load_state_dict({**pupil.state_dict(), **weights})
        pupil.eval()
        return pupil, given(step_function, "GradientDescent")(pupil, case["lr"])

    def judge(**options: Any) -> Any:
        return given(step_function, "Judge")(config["num_classes"], **options)

    pupil, optimizer = pupil_with_weights()
    small, start = judge(scale=case["scales"][0]), flat(pupil)
    losses = step_function(pupil, small, optimizer, *first)
    yield "how often the model was asked in one step", len(pupil.seen)
    yield "the mode of the model in its step", pupil.seen[0]["mode"]
    yield "what train_step returns", described(losses)
    if described(losses) != "a dict with " + ", ".join(PARTS):
        return
    yield "the sort of its values", ", ".join(sorted({kind(losses[name]) for name in PARTS}))
    values = [torch.as_tensor(losses[name]).detach().double() for name in PARTS]
    yield "the list of its four values", values
    yield "the tensor of all weights after a first step, with small gradients", flat(pupil)
    if torch.equal(start, flat(pupil)):
        yield "what the optimizer was asked for", ", ".join(optimizer.notes)
        yield "the claim that there are gradients afterwards", pupil.gradient_length() > 0
    pupil.train()
    step_function(pupil, small, optimizer, *second)
    yield "the mode of the model in a step before which it was in training mode", pupil.seen[-1]["mode"]
    yield (
        "the tensor of all weights after a second step",
        flat(pupil),
        "After the first step they are right: is something left over from it?",
    )
    for scale in case["scales"][1:]:
        pupil, optimizer = pupil_with_weights()
        step_function(pupil, judge(scale=scale), optimizer, *first)
        longer = f"{scale / case['scales'][0]:,.0f} times as long"
        yield (
            f"the tensor of all weights after a step with gradients {longer}",
            flat(pupil),
            "With small gradients it is right: look at the clipping.",
        )
        if (flat(pupil) - start).norm() > 2 * case["limit"] * case["lr"]:  # what is left was clipped?
            clipped = pupil.gradient_length() < 2 * case["limit"]
            yield f"the claim that the gradients were clipped after a step, {longer}", clipped
    for part, number in case["spoilt"]:
        pupil, optimizer = pupil_with_weights()
        before, judged = flat(pupil), judge(spoilt=part, by=number)
        ended = ending(step_function, pupil, judged, optimizer, *first, step=case["step"])
        where = f"where the part {part!r} is {number}"
        yield f"the error {where}", ended[0]
        yield f"the claim that the error names the step, {where}", str(case["step"]) in ended[1]
        yield f"the claim that the error names the part, {where}", part in ended[1]
        yield f"the claim that no weight has changed, {where}", torch.equal(before, flat(pupil))


@probe()
def train_detr(train: Any, case: Case) -> Iterator[Observation]:
    """Train several small things for a few steps, and see what of the settings arrives where."""
    seed = case["seed"]
    yield from with_what_is_given(train, seed)
    yield from with_a_detr(train, case)
    yield from with_its_own_loss(train, case)
    yield from with_a_log(train, seed)


def with_what_is_given(train: Any, seed: int) -> Iterator[Observation]:
    """Train a model and a criterion that are given."""
    pupil, judge = pupil_and_judge(train)
    before = state_of(pupil)
    returned = trained(
        train, **AT_WORK, lr=0.01, lr_backbone=0.01, seed=seed, model=pupil, criterion=judge
    )
    yield "what train_detr returns", kind(returned)
    if kind(returned) != kind(pupil):
        return
    yield "how often the given model was asked", len(pupil.seen)
    yield "how often the given criterion was asked", judge.asked
    if not pupil.seen:
        return
    yield "the shape of the first images", pupil.seen[0]["shape"]
    yield f"how many different images came in {AT_WORK['num_steps']} steps", len(marks(pupil))
    moved = changed(before, state_of(pupil))
    yield "the list of what has changed in the given model", moved
    yield "the claim that this model is returned", not changed(state_of(pupil), state_of(returned))

    for rates in ({"lr": 0.5, "lr_backbone": 0.0}, {"lr": 0.0, "lr_backbone": 0.5}):
        other, judge = pupil_and_judge(train)
        before = state_of(other)
        trained(train, **AT_WORK | {"num_steps": 1}, **rates, seed=seed, model=other, criterion=judge)
        after = state_of(other)
        said = ", ".join(f"{name}={rate}" for name, rate in rates.items())
        yield f"the list of what changes with {said}", changed(before, after)
        length = max((after[name] - before[name]).abs().max().item() for name in before)
        way = "hardly" if length < 1e-5 else "a little" if length < 0.1 else "a lot"
        yield f"the distance that the weights move in the first of all steps, with {said},", way
    for same_seed in (True, False):
        other, judge = pupil_and_judge(train)
        trained(train, **AT_WORK, seed=seed + (not same_seed), model=other, criterion=judge)
        said = "the same seed" if same_seed else "another seed"
        yield f"the claim that the images are others with {said}", marks(other) != marks(pupil)


def with_a_detr(train: Any, case: Case) -> Iterator[Observation]:
    """Let it build its model, and leave that as it was built: both learning rates are 0."""
    settings = AT_WORK | {"num_steps": 1, "lr": 0.0, "lr_backbone": 0.0} | case["sizes"]
    first, again, third, other = (
        state_of(trained(train, **settings, seed=seed, criterion=judge_for(train, case)))
        for seed in (case["seed"] + 2, case["seed"] + 2, case["seed"] + 2, case["seed"] + 3)
    )
    built = "query_embed.weight" in first
    yield "the claim that a DETR is built where none is given", built
    if not built:
        return
    yield "the shape of query_embed.weight", list(first["query_embed.weight"].shape)
    yield "the shape of the box head's weight", list(first["heads.bbox_head.weight"].shape)
    yield "the number of class logits", first["heads.class_head.1.bias"].numel()
    for part in ("encoder", "decoder"):
        layers = {name.split(".")[2] for name in first if name.startswith(f"{part}.layers.")}
        yield f"the number of layers of the {part}", len(layers)
    yield (
        "the claim that a second training begins with the weights of the first",
        not changed(first, again),
    )
    yield (
        "the claim that a third training begins with the weights of the second",
        not changed(again, third),
    )
    yield "the claim that another seed begins with other weights", bool(changed(first, other))
    largest = first["decoder.layers.0.linear.weight"].abs().max().item()
    yield "the claim that the model was initialised as the paper's", largest > case["bound"]


def with_its_own_loss(train: Any, case: Case) -> Iterator[Observation]:
    """Let it build its loss, and see which way that drives a model that says one thing to everything."""
    for noobj_weight in (0.0005, 2.0):
        waverer = given(train, "Waverer")(20, case["sizes"]["num_classes"])
        settings = AT_WORK | {"num_classes": case["sizes"]["num_classes"], "noobj_weight": noobj_weight}
        before = state_of(waverer)
        trained(train, **settings, lr=0.01, lr_backbone=0.01, seed=case["seed"], model=waverer)
        after = state_of(waverer)
        for name in ("doubt", "claim"):
            way = (
                "up" if after[name] > before[name] else "down" if after[name] < before[name] else "still"
            )
            yield f"the direction of {MEANINGS[name]} with noobj_weight={noobj_weight}", way


WAYS = {1: "up", 0: "neither up nor down", -1: "down"}
MEANINGS = {
    "doubt": 'a model\'s logit of "no object"',
    "claim": "a number that helps the classes and harms the boxes,",
}


def with_a_log(train: Any, seed: int) -> Iterator[Observation]:
    """See whether a run is logged, and whether an interrupted one is gone on with."""
    settings = AT_WORK | {"log_every": 1, "seed": seed + 4}
    shy, judge = pupil_and_judge(train, shy=True)
    said = ending(trained, train, **settings | {"num_steps": 1}, model=shy, criterion=judge)[1]
    yield "the claim that with log_every=1 AP is measured after the last step", "as planned" in said

    path = given(train, "fresh_path")()
    settings |= {"num_steps": 40, "num_samples": 80, "checkpoint": path}
    first, impatient = pupil_and_judge(train, patience=2)
    second, more_impatient = pupil_and_judge(train, patience=0)
    ending(trained, train, **settings, model=first, criterion=impatient)
    ending(trained, train, **settings, model=second, criterion=more_impatient)
    Path(path).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        Path(path).parent.rmdir()
    if len(first.seen) < 3 or not second.seen:
        return
    on = second.seen[0]["marks"] == first.seen[2]["marks"]
    yield "the claim that an interrupted training goes on where it was", on


def pupil_and_judge(learner: Any, shy: bool = False, **options: Any) -> tuple[Any, Any]:
    """Build a model to train and a criterion to train it with, where the learner's code lives."""
    return given(learner, "Pupil")(4, 3, shy), given(learner, "Judge")(3, **options)


def judge_for(learner: Any, case: Case) -> Any:
    """Build a criterion for as many classes as the case has."""
    return given(learner, "Judge")(case["sizes"]["num_classes"])


def trained(train: Any, **settings: Any) -> Any:
    """Train without progress bars and the like in the notebook."""
    from IPython.utils.capture import capture_output  # here: it takes a moment

    with capture_output():
        return train(**settings)


def described(value: Any) -> str:
    """Say what something is made of."""
    if torch.is_tensor(value):
        return "a tensor"
    if isinstance(value, dict):
        return f"a dict with {', '.join(sorted(map(str, value)))}"
    if isinstance(value, tuple) and len(value) == 2:
        return " and ".join(described(list(part) if isinstance(part, tuple) else part) for part in value)
    return "nothing" if value is None else f"a {kind(value)}"


def ending(call: Callable, *arguments: Any, **settings: Any) -> tuple[str, str]:
    """Return the name and the words of the error that ends a call; "no error" where none does."""
    try:
        call(*arguments, **settings)
    except BrokeOff:
        raise
    except Exception as error:
        if "NotImplementedError" in error_names(error):
            raise
        return error_names(error)[0], str(error)
    return "no error", ""


def mark_of(parameter: Tensor) -> float:
    """Return the number that a parameter is filled with."""
    return parameter.detach().flatten()[0].item()


def state_of(model: Any) -> Weights:
    """Return a copy of all weights, on the CPU."""
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def flat(model: Any) -> Tensor:
    """Return all weights in one row."""
    return torch.cat([value.flatten() for value in state_of(model).values()])


def changed(before: Weights, after: Weights) -> list[str]:
    """Name the weights that differ."""
    if before.keys() != after.keys():
        return ["everything"]
    return sorted(name for name in before if not torch.equal(before[name], after[name]))


def marks(pupil: Any) -> list[float]:
    """Return the images that a pupil has seen, each as one number, without repetition."""
    return sorted({mark for look in pupil.seen for mark in look["marks"]})
