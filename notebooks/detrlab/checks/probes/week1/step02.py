"""Probes of notebook 02."""

from collections.abc import Iterator
from typing import Any

import torch

from detrlab.checks.errors import CheckAborted
from detrlab.checks.observing import error_names
from detrlab.checks.probing import Case, Observation, probe


@probe(draw="map")
def sine_1d(encode: Any, case: Case) -> Iterator[Observation]:
    """Encode positions [L] on one axis."""
    position, n_features, temperature = case["position"], case["n_features"], case["temperature"]
    addresses = encode(position, n_features, temperature)
    wanted = f"{n_features} features at temperature {temperature:.0f}"
    yield f"the shape for {len(position)} positions and {n_features} features", shape_of(addresses)
    if shape_of(addresses) != [len(position), n_features]:
        return
    yield "the fastest hand (features 0 and 1)", addresses[:, :2]
    yield f"the table of {wanted}", addresses, "Its first two features are right."


@probe(draw="map")
def positional_encoding(encoding_class: Any, case: Case) -> Iterator[Observation]:
    """Encode two feature maps [B, d, H', W'] of different size and dtype, then try impossible widths."""
    config, x = case["config"], case["x"]
    encoding = encoding_class(**config)
    output = encoding(x.requires_grad_())
    half = config["d_model"] // 2
    yield f"the shape of the output for a map {list(x.shape)}", shape_of(output)
    if shape_of(output) != [len(x), config["d_model"], *x.shape[2:]]:
        return
    yield "channel 0 (the first of the y half)", output[0, 0]
    yield f"channel {half} (the first of the x half)", output[0, half]
    yield "the output for the first image", output[0], "The first channel of each half is right."
    yield "the claim that all images get the same", bool((output == output[:1]).all())
    yield "the claim that the output asks for a gradient", bool(output.requires_grad)
    second = encoding(case["second"])
    yield "the dtype for a float64 map", str(second.dtype)
    yield "the first row of a second, smaller map", second[0, :, 0].float()
    for d_model in case["impossible"]:
        yield f"the error for d_model={d_model}", error_at(encoding_class, d_model)


def shape_of(output: Any) -> Any:
    """Return a tensor's shape as plain data, or in words the type of anything else."""
    return list(output.shape) if torch.is_tensor(output) else f"a {type(output).__name__}"


def error_at(encoding_class: Any, d_model: int) -> str:
    """Return "ValueError" if the constructor raises one, the name of any other error, or "none".

    Raises:
        CheckAborted: if the call could not be made.
    """
    try:
        encoding_class(d_model=d_model)
    except CheckAborted:
        raise
    except Exception as error:
        names = error_names(error)
        return "ValueError" if "ValueError" in names else names[0]
    return "none"
