"""Probe of notebook 06."""

import re
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from detrlab.checks.comparing import kind
from detrlab.checks.errors import CheckAborted, CheckFailed
from detrlab.checks.observing import error_names
from detrlab.checks.probing import Case, Observation, probe


@probe(draw="pairs")
def matcher(matcher_class: Any, case: Case) -> Iterator[Observation]:
    """Match one batch; observe the form of the answer and the pairs of each image, or the error."""
    outputs, targets, advice = case["outputs"], case["targets"], case["advice"]
    if case["with_gradient"]:
        outputs = {name: tensor.requires_grad_() for name, tensor in outputs.items()}
    module = matcher_class(**case["config"])
    if case["broken"] is not None:
        error, message = error_of(module, outputs, targets)
        yield "the error", error, advice
        yield "what its message names", named(message, case["broken"]), advice
        return

    answer = module(outputs, targets)
    listed = isinstance(answer, list | tuple)
    yield "the answer", "a list" if listed else described(answer), advice
    if not listed:
        return
    yield "the number of entries", len(answer), "The list needs one for each image."
    yield "the list of what your entries are", [described(entry) for entry in answer], advice
    if all(is_pair(entry) for entry in answer):
        sizes = [(outputs["pred_logits"].shape[1], len(target["labels"])) for target in targets]
        yield from observe_pairs(answer, sizes, advice)


def observe_pairs(answer: Any, sizes: list[tuple[int, int]], advice: str) -> Iterator[Observation]:
    """Observe the pairs of each image: whether indices repeat, whether they exist, and which are paired.

    Args:
        answer: for each image a pair of tensors [n], the indices of queries and of objects.
        sizes: N and M of each image.
        advice: for each observation.

    Raises:
        CheckFailed: if an entry holds more indices than there are queries and objects.
    """
    most = max(map(sum, sizes))
    if any(part.numel() > most for pair in answer for part in (pair[0], pair[1])):
        raise CheckFailed(f"An entry holds more indices than there are queries and objects. {advice}")
    indices = [[part.long().flatten().tolist() for part in (pair[0], pair[1])] for pair in answer]
    different = [[len(set(queries)), len(set(objects))] for queries, objects in indices]
    yield "the list of how many different [queries, objects] each image's pairs use", different, advice
    strays, tables = [], []
    for (n_queries, n_objects), (queries, objects) in zip(sizes, indices, strict=False):
        # A table of zeros and ones does not depend on the order of the pairs.
        table = torch.zeros(n_queries, n_objects, dtype=torch.uint8)
        for query, index in zip(queries, objects, strict=False):
            if 0 <= query < n_queries and 0 <= index < n_objects:
                table[query, index] = 1
            else:
                strays.append([query, index])
        tables.append(table)
    yield "the list of (query, object) pairs that do not exist", sorted(strays), advice
    for image, table in enumerate(tables):
        if table.numel():
            yield f"the table of pairs in image {image}", table, f"(Rows are queries.) {advice}"


def is_pair(entry: Any) -> bool:
    """Return whether an entry is two tensors; a single one [2, n] counts, since it unpacks as two."""
    if isinstance(entry, Tensor):
        return entry.dim() == 2 and len(entry) == 2
    return isinstance(entry, list | tuple) and len(entry) == 2 and all(map(torch.is_tensor, entry))


def described(entry: Any) -> str:
    """Return in words what was returned; of a pair of tensors, their kinds of numbers and shapes."""
    if entry is None:
        return "None"
    if is_pair(entry):
        return " and ".join(f"{kind(part)} {list(part.shape)}" for part in (entry[0], entry[1]))
    if isinstance(entry, Tensor):
        return f"one tensor {list(entry.shape)}"
    if isinstance(entry, list | tuple):
        return f"a {kind(entry)} of {len(entry)} ({', '.join(sorted({kind(part) for part in entry}))})"
    return f"a {kind(entry)}"


def error_of(function: Any, *arguments: Any) -> tuple[str, str]:
    """Return "a ValueError", the name of any other error, or "none"; and the error's message.

    Raises:
        CheckAborted, CheckFailed: if the call itself ended the check.
    """
    try:
        function(*arguments)
    except (CheckAborted, CheckFailed):
        raise
    except Exception as error:
        names = error_names(error)
        return f"a {'ValueError' if 'ValueError' in names else names[0]}", str(error)
    return "none", ""


def named(message: str, image: int) -> str:
    """Return in words whether a message holds the number of an image, another number or none."""
    numbers = re.findall(r"\d+", message)
    if str(image) in numbers:
        return f"image {image}"
    return "another number" if numbers else "no image"
