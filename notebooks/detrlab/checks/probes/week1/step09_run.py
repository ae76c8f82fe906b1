"""Probe of `train_detr`, the last TODO of notebook 09: whole trainings, a few steps long."""

import contextlib
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from detrlab.checks.comparing import kind, same
from detrlab.checks.probes.given import given
from detrlab.checks.probes.week1.step09 import (
    changed,
    ending,
    flat,
    judge_for,
    marks,
    model_and_loss,
    state_of,
)
from detrlab.checks.probing import Case, Observation, probe
from detrlab.standins.model import DETR

AT_WORK = {"log_every": 0, "num_steps": 3, "num_samples": 3, "batch_size": 2, "image_size": 40}
STEPS = (
    "Each setting takes effect, and still the weights end elsewhere than with one train_step a batch: do "
    "the checks of train_step and build_optimizer pass, and is nothing else done to the model?"
)


@probe(is_long=True)
def train_detr(train: Any, case: Case) -> Iterator[Observation]:
    """Run several small trainings of a few steps; observe which settings take effect."""
    yield from with_what_is_given(train, case)
    yield from with_a_detr(train, case)
    yield from with_its_own_loss(train, case)
    yield from with_a_log(train, case)


def with_what_is_given(train: Any, case: Case) -> Iterator[Observation]:
    """Train with a given model and criterion: look at every setting, then at what they make together."""
    seed = case["seed"]
    model, judge = model_and_loss(train)
    before = state_of(model)
    returned = trained(
        train, **AT_WORK, lr=0.01, lr_backbone=0.01, seed=seed, model=model, criterion=judge
    )
    yield "what train_detr returns", kind(returned)
    if kind(returned) != kind(model):
        return
    yield "how often the given model was asked", len(model.seen)
    yield "how often the given criterion was asked", judge.asked
    if not model.seen:
        return
    yield "the shape of the first images", model.seen[0]["shape"]
    yield f"how many different images came in {AT_WORK['num_steps']} steps", len(marks(model))
    yield "the list of the sums of their pixels", marks(model), "The data set's seed is seed + 1."
    draws = len({look["chance"] for look in model.seen})
    yield "how many different random numbers the model drew, one in each step", draws
    moved = changed(before, state_of(model))
    yield "the list of what has changed in the given model", moved
    yield "the claim that this model is returned", not changed(state_of(model), state_of(returned))

    for rates in ({"lr": 0.5, "lr_backbone": 0.0}, {"lr": 0.0, "lr_backbone": 0.5}):
        other, judge = model_and_loss(train)
        before = state_of(other)
        trained(train, **AT_WORK | {"num_steps": 1}, **rates, seed=seed, model=other, criterion=judge)
        after = state_of(other)
        settings = ", ".join(f"{name}={rate}" for name, rate in rates.items())
        yield f"the list of what changes with {settings}", changed(before, after)
        length = max((after[name] - before[name]).abs().max().item() for name in before)
        way = "hardly" if length < 1e-5 else "a little" if length < 0.1 else "a lot"
        where = f"the distance that the weights move in the first of all steps, with {settings},"
        yield where, way, RATES
    spoilt, judge = model_and_loss(train, spoilt="bbox", by=math.nan, from_call=3)
    error = ending(trained, train, **AT_WORK, seed=seed, model=spoilt, criterion=judge)
    yield "the list of numbers in the error where the loss is NaN in step 3", re.findall(r"\d+", error[1])
    for same_seed in (True, False):
        other, judge = model_and_loss(train)
        trained(train, **AT_WORK, seed=seed + (not same_seed), model=other, criterion=judge)
        which = "the same seed" if same_seed else "another seed"
        yield f"the claim that the images are others with {which}", marks(other) != marks(model)
    model, judge = model_and_loss(train)
    model.load_state_dict(case["start"])
    trained(train, **AT_WORK, **case["rates"], seed=seed + 1, model=model, criterion=judge)
    yield f"the tensor of all weights after {AT_WORK['num_steps']} steps", flat(model), STEPS


def with_a_detr(train: Any, case: Case) -> Iterator[Observation]:
    """Let `train` build the model, and observe it unchanged: both learning rates are 0.

    Then see whether it is trained as one that is given, and predicts as a DETR with its weights.
    """
    settings = AT_WORK | {"num_steps": 1, "lr": 0.0, "lr_backbone": 0.0} | case["sizes"]
    models = [
        trained(train, **settings, seed=seed, criterion=judge_for(train, case))
        for seed in (0, 0, 0, case["seed"] + 3)  # 0 is a seed like others
    ]
    first, again, third, other = map(state_of, models)
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
    from detrlab.training import TOY_SIZES, initialise  # imported here, since it takes a moment

    images, mirror = case["images"], initialise(DETR(**case["sizes"], **TOY_SIZES))
    mirror.load_state_dict(other)
    predicted, mirrored = (model(images)["pred_logits"] for model in (models[3], mirror))
    yield "the claim that it predicts as a DETR with its weights", same(predicted, mirrored)
    settings |= case["rates"] | {"seed": case["seed"] + 3}
    built = trained(train, **settings, criterion=judge_for(train, case))
    trained(train, **settings, criterion=judge_for(train, case), model=models[3])
    alike = [state_of(model) for model in (built, models[3])]
    is_trained = same(*alike) and not same(alike[0], other)
    yield "the claim that a model that it builds is trained as a given one", is_trained


def with_its_own_loss(train: Any, case: Case) -> Iterator[Observation]:
    """Let `train` build the loss, and observe in which direction it trains a ConstantModel."""
    for noobj_weight in (0.0005, 2.0):
        model = given(train, "ConstantModel")(20, case["sizes"]["num_classes"])
        settings = AT_WORK | {"num_classes": case["sizes"]["num_classes"], "noobj_weight": noobj_weight}
        before = state_of(model)
        trained(train, **settings, **case["rates"], seed=case["seed"], model=model)
        after = state_of(model)
        for name in ("doubt", "claim"):
            way = (
                "up" if after[name] > before[name] else "down" if after[name] < before[name] else "still"
            )
            yield f"the direction of {MEANINGS[name]} with noobj_weight={noobj_weight}", way, WEIGHTS
    model, _ = model_and_loss(train)
    model.load_state_dict(case["start"])
    weight = case["noobj_weight"]
    trained(train, **AT_WORK, **case["rates"], seed=case["seed"], noobj_weight=weight, model=model)
    yield (
        f"the tensor of all weights after some steps with noobj_weight={weight:.3f}",
        flat(model),
        WEIGHTS,
    )


RATES = (
    "The rates that were given are raised over 100 steps by TrainingRun: are lr and lr_backbone handed "
    "on, and does TrainingRun have the optimiser that moves the weights?"
)
WEIGHTS = "Look at what your DetrLoss gets: noobj_weight handed on, and weight_class=3.0."
MEANINGS = {
    "doubt": 'a model\'s logit of "no object"',
    "claim": "a number that helps the classes and harms the boxes,",
}


def with_a_log(train: Any, case: Case) -> Iterator[Observation]:
    """Observe whether a run measures AP, and whether an interrupted one is resumed, and how it ends."""
    settings = AT_WORK | {"log_every": 1, "seed": case["seed"] + 4}
    training_only, judge = model_and_loss(train, training_only=True)
    error = ending(trained, train, **settings | {"num_steps": 1}, model=training_only, criterion=judge)[1]
    yield "the claim that with log_every=1 AP is measured after the last step", "as planned" in error

    path = given(train, "fresh_path")()
    settings |= case["rates"] | {"num_steps": 40, "num_samples": 80, "checkpoint": path}
    first, impatient = model_and_loss(train, patience=2)
    second, more_impatient = model_and_loss(train, patience=2)
    first.load_state_dict(case["start"])
    ending(trained, train, **settings, model=first, criterion=impatient)
    ending(trained, train, **settings, model=second, criterion=more_impatient)
    Path(path).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        Path(path).parent.rmdir()
    if len(first.seen) < 3 or not second.seen:
        return
    resumed = second.seen[0]["marks"] == first.seen[2]["marks"]
    yield "the claim that an interrupted training goes on where it was", resumed
    yield "the tensor of all weights two steps after the interruption", flat(second), STEPS


def trained(train: Any, **settings: Any) -> Any:
    """Call `train` with its printed and displayed output captured."""
    from IPython.utils.capture import capture_output  # imported here, since it takes a moment

    with capture_output():
        return train(**settings)
