"""Load the released DETR-R50 checkpoint into your own model, name by name.

The checkpoint holds the weights of the paper's code (facebookresearch/detr). Its parts are the same as
yours, but most of their names differ:

    transformer.decoder.layers.0.multihead_attn.in_proj_weight       theirs
                decoder.layers.0.cross_attn.in_proj_weight           ours

`our_name` and `their_name` translate one name, `to_ours` and `from_ours` a whole state_dict.
`load_released` reads the file, by default from the network (159 MB, once), and fills your model.
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from detrlab.checks.errors import CheckFailed
from detrlab.checks.weights import copy_weights
from detrlab.photos import MEAN as MEAN
from detrlab.photos import STD as STD
from detrlab.photos import read_photo as read_photo

URL = "https://dl.fbaipublicfiles.com/detr/detr-r50-e632da11.pth"
WANTED = 'DETR(num_classes=91, num_queries=100, backbone_name="resnet50")'

# How a name begins in their code and in ours. Their box head is a list of three linear layers; ours is a
# sequence, in which the ReLUs are numbered too.
BEGINNINGS = (
    ("backbone.0.body.", "backbone.body."),
    ("input_proj.", "backbone.projection."),
    ("transformer.encoder.", "encoder."),
    ("transformer.decoder.", "decoder."),
    ("query_embed.", "query_embed."),
    ("class_embed.", "heads.class_head."),
    ("bbox_embed.layers.0.", "heads.bbox_head.0."),
    ("bbox_embed.layers.1.", "heads.bbox_head.2."),
    ("bbox_embed.layers.2.", "heads.bbox_head.4."),
)
THEIR_ATTENTION, OUR_ATTENTION = ".multihead_attn.", ".cross_attn."
PARTS = ["backbone.body", "backbone.projection", "encoder", "decoder", "query_embed"]
PARTS += ["heads.class_head", "heads.bbox_head"]
# Their frozen batch norms have no counter of batches; those of torchvision's ResNets have one.
COUNTER, LAST_STATISTIC = "num_batches_tracked", "running_var"

State = Mapping[str, Tensor]


class NotLoaded(CheckFailed):
    """The checkpoint could not be read, or it does not fit; the message says which."""


def our_name(name: str) -> str:
    """Translate a name of the checkpoint into ours; raise NotLoaded if it is none of theirs."""
    for theirs, ours in BEGINNINGS:
        if name.startswith(theirs):
            rest = name.removeprefix(theirs)
            return ours + f".{rest}".replace(THEIR_ATTENTION, OUR_ATTENTION)[1:]
    raise NotLoaded(f"{name} is no name of the released DETR-R50.")


def their_name(name: str) -> str:
    """Translate one of our names into the checkpoint's; raise NotLoaded if it is none of ours."""
    for theirs, ours in BEGINNINGS:
        if name.startswith(ours):
            rest = name.removeprefix(ours)
            return theirs + f".{rest}".replace(OUR_ATTENTION, THEIR_ATTENTION)[1:]
    raise NotLoaded(f"{name} is no name of a DETR of this course.")


@functools.cache
def shapes() -> dict[str, list[int]]:
    """Return the shapes of the checkpoint's 458 entries, by name, in the order of our DETR."""
    from torchvision.models import resnet50
    from torchvision.ops import FrozenBatchNorm2d

    with torch.device("meta"):  # shapes without numbers
        parts: dict[str, nn.Module] = {
            "backbone.0.body.": resnet50(weights=None, norm_layer=FrozenBatchNorm2d),
            "input_proj.": nn.Conv2d(2048, 256, 1),
            "transformer.": nn.Transformer(256, 8, 6, 6, 2048, batch_first=True),
            "query_embed.": nn.Embedding(100, 256),
            "class_embed.": nn.Linear(256, 92),
            "bbox_embed.layers.": nn.ModuleList(nn.Linear(256, width) for width in (256, 256, 4)),
        }
    unused = ("backbone.0.body.fc.", "transformer.encoder.norm.")  # DETR has neither
    return {
        prefix + name: list(tensor.shape)
        for prefix, part in parts.items()
        for name, tensor in part.state_dict().items()
        if not (prefix + name).startswith(unused)
    }


def to_ours(state: State) -> dict[str, Tensor]:
    """Rename the checkpoint's entries as our DETR does; its batch norms' counters [] are added, at zero.

    Raises:
        NotLoaded: naming an entry, unless names and shapes are those of the released DETR-R50.
    """
    compare(state, shapes())
    ours: dict[str, Tensor] = {}
    for theirs in shapes():
        name = our_name(theirs)
        ours[name] = state[theirs]
        if name.endswith(LAST_STATISTIC):
            ours[name.replace(LAST_STATISTIC, COUNTER)] = torch.tensor(0)
    return ours


def from_ours(state: State) -> dict[str, Tensor]:
    """Rename our DETR's entries as the checkpoint does; its batch norms' counters [] are left out.

    Raises:
        NotLoaded: naming an entry, unless names and shapes are those of such a model.
    """
    theirs = {their_name(name): value for name, value in state.items() if not name.endswith(COUNTER)}
    compare(theirs, shapes(), our_name)
    return theirs


def compare(state: State, wanted: Mapping[str, list[int]], say: Callable[[str], str] = str) -> None:
    """Raise NotLoaded unless tensors [...] have these names and shapes; its message gives say(name)."""

    def named(names: Iterable[str]) -> str:
        first, *others = map(say, names)
        return f"{first} and {len(others)} more" if others else first

    if missing := [name for name in wanted if name not in state]:
        raise NotLoaded(f"These are not the weights of DETR-R50: {named(missing)} missing.")
    if extra := [name for name in state if name not in wanted]:
        raise NotLoaded(f"These are not the weights of DETR-R50: {named(extra)} too many.")
    for name, shape in wanted.items():
        if list(state[name].shape) != shape:
            raise NotLoaded(f"{say(name)} is {list(state[name].shape)}; in DETR-R50 it is {shape}.")


def put_into(model: Any, state: State) -> None:
    """Copy the checkpoint's tensors [...] into your model, part by part, and set it to evaluation mode.

    Within a part, entries are copied by name, or in order if the names differ.

    Raises:
        NotLoaded: naming the part, if an entry is missing, of another shape, or one too many.
        AttributeError: if the model has no such part.
    """
    ours = to_ours(state)
    for part in PARTS:
        module = model.get_submodule(part)
        counts = any(name.endswith(COUNTER) for name in module.state_dict())
        weights = {
            name.removeprefix(f"{part}."): value
            for name, value in ours.items()
            if name.startswith(f"{part}.") and (counts or not name.endswith(COUNTER))
        }
        try:
            copy_weights(module, weights)
        except CheckFailed as misfit:
            raise NotLoaded(f"At `{part}`: {misfit} Is your model {WANTED}?") from None
    model.eval()  # the batch norms are to use the statistics that came with the weights


def load_released(model: Any, path: Path | str | None = None) -> None:
    """Load the released weights into your DETR, from a file or, without a path, from the network.

    Raises:
        NotLoaded: if the file cannot be read or downloaded, or does not fit.
    """
    put_into(model, read(path))


def read(path: Path | str | None = None) -> dict[str, Tensor]:
    """Read the checkpoint's state_dict: tensors by name, such as "class_embed.weight" [K + 1, d].

    Raises:
        NotLoaded: if the file cannot be read or downloaded, or is damaged.
    """
    where = path or Path(torch.hub.get_dir(), "checkpoints", URL.rpartition("/")[2])
    how: dict[str, Any] = {"map_location": "cpu", "weights_only": True}
    try:
        if path:
            file = torch.load(path, **how)
        else:
            file = torch.hub.load_state_dict_from_url(URL, check_hash=True, **how)
    except OSError as error:
        action = "be read" if path else f"be downloaded from {URL} (the path of a file will do as well)"
        raise NotLoaded(f"The checkpoint could not {action}: {error}.") from None
    except Exception as error:  # what a damaged file raises depends on where the damage is
        kind = type(error).__name__
        raise NotLoaded(f"The file {where} is damaged ({kind}): delete it, and load it again.") from None
    if not isinstance(file, dict) or not isinstance(file.get("model"), dict):
        raise NotLoaded(f'The file {where} is no checkpoint of DETR: it has no entry "model".')
    return file["model"]
