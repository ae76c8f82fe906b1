"""Probe of notebook 08."""

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from detrlab.checks.comparing import kind
from detrlab.checks.errors import CheckAborted
from detrlab.checks.observing import error_names
from detrlab.checks.probes.dropout import added, observe_stack, repeated
from detrlab.checks.probes.given import given
from detrlab.checks.probing import CUT, Case, Observation, gradient_at, probe
from detrlab.checks.weights import Weights, refuse_giants

PARTS = ["backbone", "decoder", "encoder", "heads", "query_embed"]  # positions hold no weights
KEYS = ["aux_outputs", "pred_boxes", "pred_logits"]
NUMB = "Is `dropout` handed to encoder and decoder?"


@probe()
def detr(detr_class: Any, case: Case) -> Iterator[Observation]:
    """Build a model, look at its parts, then run it with weights drawn from a seed."""
    config, images = case["config"], case["images"]
    model = detr_class(**config)
    state = model.state_dict()
    yield "the list of attributes that hold weights", below("", state)
    if below("", state) != PARTS:
        return
    yield "the class of `position_encoding`", class_of(model, "position_encoding")
    structure = [below("query_embed.", state), below("heads.", state)]
    yield "what lies below `query_embed`", structure[0]
    yield "what lies below `heads`", structure[1]
    if structure != [["weight"], ["bbox_head", "class_head"]]:
        return
    numbers = [len(below(f"{part}.layers.", state)) for part in ("encoder", "decoder")]
    yield "the number of encoder layers", numbers[0]
    yield "the number of decoder layers", numbers[1]
    queries = list(state["query_embed.weight"].shape)
    yield "the shape of query_embed.weight", queries
    if numbers != [config["n_enc_layers"], config["n_dec_layers"]]:
        return
    if queries != [config["num_queries"], config["d_model"]]:
        return
    for part in PARTS:
        sizes = [value.numel() for name, value in state.items() if name.startswith(f"{part}.")]
        yield f"the number of weights in `{part}`", sum(sizes), "Is every argument handed on?"

    model.load_state_dict(seeded(state, case["seed"]))
    model.eval()
    yield "the shape of what `backbone` returns", list(model.backbone(images).shape)
    output = model(images[:, :, :1, :1])
    yield "what forward returns", described(output)
    if described(output) != described(dict.fromkeys(KEYS)):
        return
    yield "the list of aux_outputs", listed(output["aux_outputs"])
    if listed(output["aux_outputs"]) != listed([dict.fromkeys(KEYS[1:])] * (config["n_dec_layers"] - 1)):
        return
    yield "pred_logits for an image of one pixel", output["pred_logits"]
    inputs = images.requires_grad_()
    output = model(inputs.clone())
    advice = "For one pixel, that is one token, it is right."
    yield "the tensor pred_logits", output["pred_logits"], advice
    yield "the tensor pred_boxes", output["pred_boxes"]
    earlier = [joined(entry) for entry in output["aux_outputs"]]
    for number, both in enumerate(earlier):
        yield f"aux_outputs[{number}], logits and boxes side by side", both, "The last layer is right."
    sizes = []
    for number in range(len(earlier) + 1):
        layers = model(inputs.clone())
        both = joined([*layers["aux_outputs"], layers][number])
        sizes.append(gradient_at(inputs, both).flatten(1).norm(dim=1))
    yield "the size of the gradient that each layer sends back to each image", torch.stack(sizes), CUT
    model.zero_grad()
    output = model(inputs.clone())
    squares = [both.square().sum() for both in map(joined, [output, *output["aux_outputs"]])]
    if (total := torch.stack(squares).sum()).requires_grad:
        total.backward()
    norms = given(detr_class, "gradient_norms")(model, PARTS)
    yield f"the length of the gradient in {', '.join(PARTS)}", norms, CUT
    yield from in_training(detr_class, case, state)
    yield from with_dropout(model, case, state)
    if case["defaults"]:
        plain = detr_class()
        output = plain(images[:1])
        yield "the shape of pred_logits of DETR()", list(output["pred_logits"].shape)
        yield "the number of aux_outputs of DETR()", len(output["aux_outputs"])
        yield "the shape of what `backbone` of DETR() returns", list(plain.backbone(images[:1]).shape)


def in_training(detr_class: Any, case: Case, state: Weights) -> Iterator[Observation]:
    """Run the model in training mode with dropout 0 and 1, which make it deterministic.

    Args:
        detr_class: the learner's.
        case: with "images" [B, 3, H, W].
        state: a state_dict of the model, tensors [...] by name.
    """
    images = case["images"].detach()
    for rate, advice in ((0.0, ""), (1.0, NUMB)):
        model = detr_class(**case["config"] | {"dropout": rate})
        model.load_state_dict(seeded(state, case["seed"]))
        model.train()
        logits, again = (model(images)["pred_logits"] for _ in range(2))
        where = f"in training mode with dropout = {rate:.0f}"
        by_chance = not torch.equal(logits, again)
        yield f"the claim that {where} something is left to chance", by_chance, advice
        if not by_chance:
            yield f"pred_logits {where}", logits, advice


def with_dropout(model: Any, case: Case, state: Weights) -> Iterator[Observation]:
    """Observe how often the layers of encoder and decoder drop, at the rate that the model was given.

    Args:
        model: the learner's.
        case: with "tokens" [B, L, d].
        state: of the model, tensors [...] by name.
    """
    tokens = repeated(case["tokens"])
    for part in ("encoder", "decoder"):
        prefix = f"{part}."
        weights = {name: value for name, value in state.items() if name.startswith(prefix)}

        def values(shown: Weights, training: bool, part: str = part) -> torch.Tensor:
            model.load_state_dict(shown, strict=False)
            model.train(training)
            if part == "encoder":
                return added(model.encoder(tokens, tokens), tokens)
            return added(model.decoder(tokens, tokens, tokens, tokens)[-1], tokens)

        for what, *rest in observe_stack(weights, case["config"]["dropout"], values):
            yield f"{what} in the {part}", *rest


def listed(aux_outputs: Any) -> str:
    """Return in words what a list holds."""
    if not isinstance(aux_outputs, list | tuple):
        return f"a {kind(aux_outputs)}"
    return str([described(entry) for entry in aux_outputs])


def joined(prediction: Any) -> torch.Tensor:
    """Put logits and boxes side by side, [B, N, K + 1 + 4]."""
    return torch.cat([prediction["pred_logits"], prediction["pred_boxes"]], dim=-1)


def described(output: Any) -> str:
    """Return in words what an object is: a dict with its keys, or the type of anything else."""
    if not isinstance(output, dict):
        return "nothing" if output is None else f"a {kind(output)}"
    return f"a dict with {', '.join(sorted(map(str, output)))}"


def below(prefix: str, state: Weights) -> list[str]:
    """Return the next part of all names of `state` (tensors [...] by name) that begin with a prefix."""
    names = [name.removeprefix(prefix) for name in state if name.startswith(prefix)]
    return sorted({name.partition(".")[0] for name in names})


def class_of(model: Any, attribute: str) -> str:
    """Return the name of an attribute's class, or in words that there is none.

    Raises:
        CheckAborted: if the model could not be asked.
    """
    try:
        return kind(getattr(model, attribute))
    except CheckAborted:
        raise
    except Exception as error:
        return "no such attribute" if "AttributeError" in error_names(error) else "an error"


def seeded(state: Weights, seed: int) -> Weights:
    """Draw values for a state_dict: each depends on its name, its shape and the seed, not on the order.

    Args:
        state: tensors [...] by name, whose shapes are those of the values.
        seed: of the random numbers.

    Raises:
        CheckFailed: if the state is too large.
    """
    refuse_giants(state)
    values = {}
    for name, tensor in state.items():
        random = np.random.RandomState(seed ^ zlib.crc32(name.encode()))
        drawn = random.standard_normal(tuple(tensor.shape))
        if tensor.dim() == 1:
            drawn = 0.5 + 0.5 * drawn
        elif not name.startswith("query_embed."):
            drawn = drawn / tensor[0].numel() ** 0.5
        values[name] = torch.from_numpy(np.asarray(drawn)).float()
    return values
