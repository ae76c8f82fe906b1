"""Read off from a layer's outputs in training mode what its dropout does.

A layer is given weights with which each token keeps what it is, except that one block adds 1 to all of
its channels but the first two, which stay apart. The norms that follow scale and shift a token as a
whole: the first two channels tell how, and so the rest is seen as it was added. Many images with the same
tokens show how often what is dropped, which values are left of the rest, and what is dropped together.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import layer_norm

from detrlab.checks.probing import Observation
from detrlab.checks.watching import equal
from detrlab.checks.weights import Weights, copy_weights

IMAGES, TOKENS = 64, 3
APART = 2  # channels to which nothing is added
LEVEL = 3.0  # of the first channel, and minus that of the second
GAP = 0.05  # between two values that differ
SURE = 6  # standard deviations that a share may be off
MOST = 9  # different values that are told apart
TIED = 0.75  # share of equal neighbours; if each is dropped on its own, it is about a half
AXES = ("images", "tokens", "channels")
ACTS = (
    "Dropout, at the rate that was given, acts inside each attention, after the ReLU, and on what each "
    "block adds."
)
SINGLY = "Each number is dropped on its own."
HANDED_ON = "Every layer gets all the arguments that are not the stack's own, `dropout` among them."
CHANCE = "Do all layers get the dropout that was given? Nothing else may be left to chance."


def is_random(module: Any, *inputs: Tensor) -> bool:
    """Return whether one of four calls of a module with the same inputs [...] has another result."""
    first = module(*inputs)
    return not all(equal(first, module(*inputs)) for _ in range(3))


def repeated(tokens: Tensor) -> Tensor:
    """Repeat the first tokens of the first image of [B, L, d], with two channels apart.

    They are normalised, so that a norm leaves them as they are.
    """
    many = tokens.detach()[:1, :TOKENS].repeat(IMAGES, 1, 1)
    many[..., 0], many[..., 1] = LEVEL, -LEVEL
    return layer_norm(many, many.shape[-1:])


def added(output: Tensor, tokens: Tensor) -> Tensor:
    """Return what was added to tokens [B, L, d], without the first two channels, [B, L, d - 2]."""
    scale = (output[..., :1] - output[..., 1:2]) / (tokens[..., :1] - tokens[..., 1:2])
    shift = output[..., :1] - scale * tokens[..., :1]
    return ((output - shift) / scale - tokens)[..., APART:]


def silent(weights: Weights) -> Weights:
    """Return weights [...] with which no block adds anything; norms scale by 1."""
    return {
        name: torch.full_like(weight, float(weight.dim() == 1 and name.endswith("weight")))
        for name, weight in weights.items()
    }


def loud(weights: Weights, bias: str) -> Weights:
    """Return the silent weights with 1 in a bias [d], except in the first two channels."""
    changed = silent(weights)
    changed[bias][APART:] = 1
    return changed


def blocks(weights: Weights) -> Iterator[tuple[str, Weights, int]]:
    """Yield each place where a layer drops: its name, weights that show it, and how many times it drops.

    Args:
        weights: of a layer of encoder or decoder, under the solution's names.
    """
    for name in ("self_attn", "cross_attn"):
        if f"{name}.in_proj_bias" not in weights:
            continue
        yield f"{name} adds", loud(weights, f"{name}.out_proj.bias"), 1
        shown = loud(weights, f"{name}.out_proj.bias")
        width = len(shown[f"{name}.out_proj.bias"])
        shown[f"{name}.in_proj_bias"][-width:] = 1  # all values are 1, and all weights a third
        shown[f"{name}.out_proj.weight"].fill_diagonal_(1)[:APART] = 0
        yield f"{name} adds to the mean of three 1s", shown, 1
    yield "linear2 adds", loud(weights, "linear2.bias"), 1
    shown = silent(weights)
    shown["linear1.bias"][:] = 1
    shown["linear2.weight"][APART:].fill_diagonal_(1)
    yield "linear2 takes from one hidden number", shown, 2


def observe_layer(
    layer: Any, weights: Weights, rate: float, run: Callable[[Tensor], Tensor], tokens: Tensor
) -> Iterator[Observation]:
    """Observe what dropout does in each block of a layer.

    Args:
        layer: the learner's, which has been built with this rate of dropout.
        weights: under the solution's names; their shapes count.
        rate: of dropout.
        run: calls the layer with tokens [B, L, d].
        tokens: [B, L, d].
    """
    tokens = repeated(tokens)
    for what, shown, times in blocks(weights):
        copy_weights(layer, shown)
        layer.eval()
        undropped = levels_of(added(run(tokens), tokens))
        yield f"the tensor of the different values of a 1 that {what}, in eval", undropped
        if len(undropped) > 1:  # nothing else can be read off, and chance must not tell mistakes apart
            return
        layer.train()
        values = added(run(tokens), tokens)
        levels = levels_of(values)
        where = f"a 1 that {what} (training, dropout = {rate:.2f})"
        yield f"how many different values dropout makes of {where}", len(levels), ACTS
        yield f"the tensor of the values that dropout makes of {where}", levels, ACTS
        yield f"how often dropout leaves nothing of {where}", often(values, 1 - (1 - rate) ** times), ACTS
        yield f"the list of axes along which dropout treats {where} alike", together(values), SINGLY


def observe_stack(
    weights: Weights, rate: float, values: Callable[[Weights, bool], Tensor]
) -> Iterator[Observation]:
    """Observe how often dropout drops in each layer of a stack: each adds to channels of its own.

    Args:
        weights: of the stack, under the solution's names.
        rate: of dropout.
        values: loads weights, sets training mode or not, and returns what the stack adds to repeated
            tokens, [B, L, d - 2].
    """
    biases = last_biases(weights)
    shown = silent(weights)
    for number, bias in enumerate(biases):
        shown[bias][APART + number :: len(biases)] = 1
    first = levels_of(values(shown, False)[..., :: len(biases)])
    yield "the tensor of the different values of a 1 that layer 1 adds, in eval", first
    if len(first) > 1:
        return
    found = values(shown, True)
    for number in range(len(biases)):
        own = found[..., number :: len(biases)]
        where = f"what layer {number + 1} adds (training, dropout = {rate:.2f})"
        yield f"how often dropout leaves nothing of {where}", often(own, rate), HANDED_ON
        yield f"the list of axes along which dropout treats {where} alike", together(own), SINGLY


def last_biases(weights: Weights) -> list[str]:
    """Return for each layer the name of the bias of its last linear module."""
    found: dict[str, str] = {}
    for name in weights:
        matrix = weights.get(name.removesuffix("bias") + "weight")
        if name.endswith("bias") and matrix is not None and matrix.dim() == 2 and "layers." in name:
            found[name.partition("layers.")[2].partition(".")[0]] = name
    return list(found.values())


def levels_of(values: Tensor) -> Tensor:
    """Return the different values in [...], [n], in ascending order; at most MOST."""
    ordered = values.detach().double().flatten().sort().values
    starts = torch.cat([torch.ones(1, dtype=torch.bool), ordered.diff() > GAP]).nonzero().flatten()
    return torch.stack([part.mean() for part in ordered.tensor_split(starts[1:MOST])]).float()


def often(values: Tensor, expected: float) -> str:
    """Return how often values [...] are 0, in words; the share that is expected, if it can be that."""
    share = float((values.abs() < GAP).double().mean())
    may_differ = SURE * math.sqrt(expected * (1 - expected) / values.numel())
    return f"{expected if abs(share - expected) < may_differ else share:.0%} of the time"


def together(values: Tensor) -> list[str]:
    """Name the axes of [B, L, n] along which neighbours are mostly equal."""
    tied = []
    for dim, axis in enumerate(AXES):
        if values.shape[dim] > 1:
            alike = (values.diff(dim=dim).abs() < GAP).double().mean()
            tied += [axis] * bool(alike > TIED)
    return tied
