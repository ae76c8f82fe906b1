"""Ways to hand in a model that somebody else has trained; each changes the weights of a toy DETR."""

from collections.abc import Callable

import torch

from detrlab.checks.weights import Weights, split_projections

HEADS = 4
Way = Callable[[Weights], Weights]


def generator() -> torch.Generator:
    """Return a source of random numbers, always the same."""
    return torch.Generator().manual_seed(11)


def nudged(weights: Weights) -> Weights:
    """Change one number by 1e-6."""
    name = next(iter(weights))
    changed = weights[name].clone()
    changed.view(-1)[0] += 1e-6
    return weights | {name: changed}


def resaved(weights: Weights) -> Weights:
    """Save the tensors in another order, under other names."""
    return {f"model.{number}": weights[name] for number, name in enumerate(reversed(weights))}


def split(weights: Weights) -> Weights:
    """Give queries, keys and values a layer each."""
    return split_projections(weights)


def hidden_permuted(weights: Weights) -> Weights:
    """Permute the hidden units of the feed-forward layers, which the outputs do not show."""
    changed, drawn = dict(weights), generator()
    for name in weights:
        if name.endswith("linear1.weight"):
            layer = name.removesuffix("linear1.weight")
            order = torch.randperm(len(weights[name]), generator=drawn)
            for part in ("linear1.weight", "linear1.bias"):
                changed[layer + part] = weights[layer + part][order]
            changed[f"{layer}linear2.weight"] = weights[f"{layer}linear2.weight"][:, order]
    return changed


def heads_permuted(weights: Weights) -> Weights:
    """Permute the attention heads, which the outputs do not show."""
    changed, drawn = dict(weights), generator()
    for name in weights:
        if name.endswith("in_proj_weight"):
            layer, width = name.removesuffix("in_proj_weight"), weights[name].shape[1]
            heads = torch.arange(width).view(HEADS, -1)[torch.randperm(HEADS, generator=drawn)].flatten()
            rows = torch.cat([heads + start for start in (0, width, 2 * width)])
            for part in ("in_proj_weight", "in_proj_bias"):
                changed[layer + part] = weights[layer + part][rows]
            changed[f"{layer}out_proj.weight"] = weights[f"{layer}out_proj.weight"][:, heads]
    return changed


def channels_and_queries_permuted(weights: Weights) -> Weights:
    """Permute the queries, and the channels of the first convolution within their groups."""
    changed, drawn = dict(weights), generator()
    order = torch.randperm(len(weights["query_embed.weight"]), generator=drawn)
    changed["query_embed.weight"] = weights["query_embed.weight"][order]
    groups = torch.arange(32).view(8, 4)
    channels = groups[:, torch.randperm(4, generator=drawn)].flatten()
    for name in ("backbone.body.1.weight", "backbone.body.2.weight", "backbone.body.2.bias"):
        changed[name] = weights[name][channels]
    changed["backbone.body.4.weight"] = weights["backbone.body.4.weight"][:, channels]
    return changed


def rescaled(weights: Weights) -> Weights:
    """Scale each hidden unit up and its way out down, which a ReLU lets through."""
    changed, drawn = dict(weights), generator()
    for name in weights:
        if name.endswith("linear1.weight"):
            layer = name.removesuffix("linear1.weight")
            factors = 0.5 + 2 * torch.rand(len(weights[name]), generator=drawn)
            changed[name] = weights[name] * factors[:, None]
            changed[f"{layer}linear1.bias"] = weights[f"{layer}linear1.bias"] * factors
            changed[f"{layer}linear2.weight"] = weights[f"{layer}linear2.weight"] / factors
    return changed


def pruned(weights: Weights) -> Weights:
    """Set the smallest tenth of each tensor to 0."""
    return {
        name: torch.where(tensor.abs() <= tensor.abs().flatten().quantile(0.1), 0, tensor)
        for name, tensor in weights.items()
    }


def with_noise(weights: Weights) -> Weights:
    """Add noise of 1 % of the standard deviation of each tensor."""
    drawn = generator()
    return {
        name: tensor + 0.01 * tensor.std() * torch.randn(tensor.shape, generator=drawn)
        for name, tensor in weights.items()
    }


def padded(weights: Weights) -> Weights:
    """Hide the weights among five times as many others, which a class may leave aside."""
    drawn = generator()
    return weights | {f"x{k}": torch.randn(1000, 1000, generator=drawn) for k in range(6)}


def in_part(weights: Weights) -> Weights:
    """Draw the decoder anew and keep the rest."""
    return weights | {name: new for name, new in drawn(weights, 3).items() if name.startswith("decoder")}


def drawn(weights: Weights, seed: int) -> Weights:
    """Return other weights of the same shapes, drawn from a seed: what no copy looks like."""
    source = torch.Generator().manual_seed(seed)
    return {
        name: tensor.std(correction=0) * torch.randn(tensor.shape, generator=source)
        for name, tensor in weights.items()
    }


WAYS: dict[str, Way] = {
    way.__name__: way
    for way in (
        *(nudged, resaved, split, hidden_permuted, heads_permuted, channels_and_queries_permuted),
        *(rescaled, pruned, with_noise, padded, in_part),
    )
}
