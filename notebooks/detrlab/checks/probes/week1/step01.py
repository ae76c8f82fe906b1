"""Probe of notebook 01."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from detrlab.checks.comparing import kind
from detrlab.checks.errors import CheckAborted
from detrlab.checks.observing import error_names
from detrlab.checks.probes.given import given
from detrlab.checks.probing import Case, Observation, gradient_at, probe
from detrlab.checks.weights import Weights, refuse_giants

NO_SUCH_WEIGHTS = "NO_SUCH_WEIGHTS"
TRAINABLE = "The body stays trainable, all of it."
HANDED_ON = "Does the body keep the weights that torchvision has loaded?"


@probe()
def backbone(backbone_class: Any, case: Case) -> Iterator[Observation]:
    """Build a backbone, look at its size, then run it with weights drawn from a seed."""
    config, images = case["config"], case["images"]
    name, d_model = config["name"], config["d_model"]
    model = backbone_class(**config)
    sizes = {last(key): list(value.shape) for key, value in model.projection.state_dict().items()}
    yield f'what `projection` holds for name="{name}"', sizes
    if "seed" not in case:
        yield f'what forward returns for name="{name}"', described(model(images))
        return

    state = model.state_dict()
    yield "the list of parts that hold parameters", sorted({key.partition(".")[0] for key in state})
    count = sum(state[key].numel() for key in state if is_parameter(key) and key.startswith("body."))
    yield f'the number of parameters in `body` for name="{name}"', count
    yield "`body.training` of a new backbone", model.body.training

    model.load_state_dict(seeded(state, case["seed"], draw_all=name == "tiny"), strict=False)
    model.eval()
    features = model(images)
    yield f'what forward returns for name="{name}"', described(features)
    if not torch.is_tensor(features):
        return
    # A wrong number of channels has been reported above, so the fixture need not hold more than these.
    yield f'the output for name="{name}"', features[:, :d_model]
    model.train()
    images.requires_grad_()
    features = model(images.clone())
    yield "the output in training mode", features[:, :d_model], "After eval() it is right."
    yield '"a gradient reaches the images"', bool(gradient_at(images, features).abs().sum() > 0)
    trained = given(backbone_class, "trained_numbers")(model)
    yield "the number of trained parameters", trained, TRAINABLE
    if name == "tiny":  # of the others, some weights have been left as they came
        norms = given(backbone_class, "sorted_gradient_norms")(model)
        yield "the tensor of the sizes of the parameters' gradients", norms / norms.max(), TRAINABLE
        return
    for bad in ({"weights": NO_SUCH_WEIGHTS}, {"name": "resnet19"}):
        [(option, value)] = bad.items()
        yield f'what happens for {option}="{value}"', reaction(backbone_class, config | bad)
    values = drawn_for(name, case["seed"])
    model = given(backbone_class, "with_weights_file")(backbone_class, config, name, values)
    own = seeded(state, case["seed"], draw_all=False)
    model.load_state_dict({key: own[key] for key in own if key.startswith("projection.")}, strict=False)
    model.eval()
    features = model(images.clone())
    yield 'the output with the weights that are found for "DEFAULT"', features[:, :d_model], HANDED_ON


def drawn_for(name: str, seed: int) -> Weights:
    """Draw weights for a network of torchvision, of which every output channel has one in all places.

    Returns:
        tensors by name, which expand to the network's [...]: small enough for a file and a pipe.
    """
    from torchvision import models  # imported here, since it takes a moment

    random = np.random.RandomState(seed)
    values = {}
    with torch.device("meta"):
        state = models.get_model(name).state_dict()
    for key, tensor in state.items():
        shape = [len(tensor), *[1] * (tensor.dim() - 1)] if tensor.dim() else []
        drawn = random.standard_normal(shape)
        if tensor.dim() > 1:
            drawn = 2 * drawn / tensor[0].numel()
        elif last(key) in ("weight", "running_var"):
            drawn = 0.5 + np.abs(drawn)
        values[key] = torch.from_numpy(np.asarray(drawn)).to(tensor.dtype)
    return values


def described(output: Any) -> str:
    """Return in words what `forward` returned: a tensor of some shape, or an object of another type."""
    return f"a tensor {list(output.shape)}" if torch.is_tensor(output) else f"a {kind(output)}"


def last(key: str) -> str:
    """Return the last part of a name in a state_dict."""
    return key.rpartition(".")[2]


def is_parameter(key: str) -> bool:
    """Return whether an entry is a weight or a bias, and not a statistic of a normalisation."""
    return last(key) in ("weight", "bias")


def seeded(state: Weights, seed: int, draw_all: bool) -> Weights:
    """Draw values for a state_dict in its order, the body first, whatever the names of the body's parts.

    Args:
        state: tensors [...] by name, whose shapes are those of the values.
        seed: of the random numbers.
        draw_all: draw all of them. Otherwise the last norm of every block after layer1 becomes zero, so
            that the block returns its input, and its 3x3 convolutions, nearly all of a ResNet's weights,
            are left out.

    Raises:
        CheckFailed: if the state is too large.
    """
    refuse_giants(state)
    random = np.random.RandomState(seed)
    values = {}
    for key in sorted(state, key=lambda key: key.startswith("projection.")):
        shape = tuple(state[key].shape)
        late = not draw_all and shape[:1] > (64,)
        if last(key) == "num_batches_tracked" or (late and shape[-2:] == (3, 3)):
            continue
        if late and key.endswith((".bn2.weight", ".bn2.bias")):
            drawn = np.zeros(shape)
        elif len(shape) == 4:
            drawn = random.standard_normal(shape) * (2 / np.prod(shape[1:])) ** 0.5
        elif last(key) in ("weight", "running_var"):
            drawn = random.uniform(0.5, 1.5, shape)
        else:
            drawn = 0.3 * random.standard_normal(shape)
        values[key] = torch.from_numpy(drawn).float()
    return values


def reaction(backbone_class: Any, config: dict) -> str:
    """Return in words what a backbone does with weights or a name that do not exist.

    Raises:
        CheckAborted: if the call could not be made.
    """
    try:
        backbone_class(**config)
    except CheckAborted:
        raise
    except Exception as error:
        return "a download is tried" if "OSError" in error_names(error) else "an error"
    return "no error"
