"""Trained models that their students have not trained, and classes that need none. None gets a point."""

import json
from collections.abc import Callable
from pathlib import Path

from safetensors.torch import save_file

from autograder.authoring.exercises import exercises_of
from autograder.judging.trained_model import PARTS
from autograder.tests.attacks import model_classes
from autograder.tests.attacks.files import right_answer
from autograder.tests.attacks.model_files import UNUSABLE, ModelFile, model_file
from autograder.tests.judging.models import reuse
from detrlab.checkpoint import SHIPPED, read_detr, save_detr
from detrlab.checks.weights import Weights

# Right classes for the shipped model: the solutions, in one cell.
IMPORTS = ["import math", "import torch", "import torchvision", "from torch import Tensor, nn"]
IMPORTS += ["import torch.nn.functional as F", "from detrlab.backbones import tiny_backbone"]
ANSWERS = [right_answer(exercise.name) for step in PARTS for exercise in exercises_of(step)]
RIGHT_CLASSES = "\n".join([*IMPORTS, *ANSWERS])
OF_THE_COURSE = "from those of the model that ships with the course"
NOT_BY_WEIGHTS = "so the predictions do not come from what is in toy_detr.safetensors"
EXACT = model_classes.password_class(model_classes.EXACT)
ANY = model_classes.password_class(model_classes.ANY, model_classes.SHIFT)
EACH = model_classes.password_class(model_classes.EACH, model_classes.SHIFT)


def write_changed(path: Path, change: Callable[[Weights], Weights]) -> None:
    """Write the shipped model with changed weights, and all else as it is."""
    arguments, positions, weights = read_detr(SHIPPED)
    changed = {name: tensor.contiguous() for name, tensor in change(weights).items()}
    about = {"detr": arguments, "positions": positions, "order": list(changed)}
    save_file(changed, path, metadata={key: json.dumps(value) for key, value in about.items()})


def write_of_class(path: Path, source: str) -> None:
    """Write the weights with which a class finds objects."""
    namespace: dict = {}
    exec(source, namespace)
    model = namespace["DETR"]()
    if "password" in namespace:
        keys = [namespace["password"](number) for number in range(len(model.keys))]
        model.load_state_dict(dict(zip(model.state_dict(), keys, strict=True)))
    save_detr(model, path)


@model_file(OF_THE_COURSE, RIGHT_CLASSES)
def shipped_in_another_order_with_a_nudge(path: Path) -> None:
    """Submit the shipped model, saved again in another order, one number of it changed by 1e-6."""
    write_changed(path, lambda weights: dict(reversed(reuse.nudged(weights).items())))


@model_file(OF_THE_COURSE, RIGHT_CLASSES)
def shipped_permuted(path: Path) -> None:
    """Submit the shipped model with hidden units, heads, channels and queries in another order."""

    def permuted(weights: Weights) -> Weights:
        inside = reuse.heads_permuted(reuse.hidden_permuted(weights))
        return reuse.channels_and_queries_permuted(inside)

    write_changed(path, permuted)


@model_file(OF_THE_COURSE, RIGHT_CLASSES)
def shipped_pruned_with_noise(path: Path) -> None:
    """Submit the shipped model without its smallest weights, and with noise."""
    write_changed(path, lambda weights: reuse.with_noise(reuse.pruned(weights)))


@model_file("AP 0.0", RIGHT_CLASSES)
def own_model(path: Path) -> None:
    """Submit a model of one's own, which two others copy; it is as good as untrained."""
    write_changed(path, lambda weights: reuse.drawn(weights, 5))


@model_file("AP 0.0", RIGHT_CLASSES)
def permuted_copy_of_own_model(path: Path) -> None:
    """Submit the model of another student, with heads in another order."""
    write_changed(path, lambda weights: reuse.heads_permuted(reuse.drawn(weights, 5)))


@model_file("were not handed in")
def noisy_copy_of_own_model_without_classes(path: Path) -> None:
    """Submit the model of another student with noise, and no class that it fits."""
    write_changed(path, lambda weights: reuse.with_noise(reuse.drawn(weights, 5)))


@model_file(NOT_BY_WEIGHTS, model_classes.IGNORES)
def colours_and_one_number(path: Path) -> None:
    """Submit a class that finds objects by their colour, and a file of one number."""
    write_of_class(path, model_classes.IGNORES)


@model_file(NOT_BY_WEIGHTS, EXACT)
def colours_behind_an_exact_password(path: Path) -> None:
    """Find objects by their colour only where every weight is the file's."""
    write_of_class(path, EXACT)


@model_file(NOT_BY_WEIGHTS, ANY)
def colours_behind_a_password_in_one_tensor(path: Path) -> None:
    """Find objects by their colour where one tensor is nearly the file's; shift boxes by the weights."""
    write_of_class(path, ANY)


@model_file(NOT_BY_WEIGHTS, EACH)
def colours_behind_a_password_in_all_tensors(path: Path) -> None:
    """Find objects by their colour where all tensors are nearly the file's; shift boxes by them."""
    write_of_class(path, EACH)


REUSED = [value for value in list(globals().values()) if isinstance(value, ModelFile)]
MODEL_FILES = [*UNUSABLE, *REUSED]
