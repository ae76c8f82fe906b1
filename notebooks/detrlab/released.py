"""Put the released DETR-R50 checkpoint into your own model, name by name.

The checkpoint holds the weights of the paper's own code (facebookresearch/detr). The parts are the same
as yours, most of their names are not:

    transformer.decoder.layers.0.multihead_attn.in_proj_weight       theirs
                decoder.layers.0.cross_attn.in_proj_weight           ours

`our_name` and `their_name` translate one name, `to_ours` and `from_ours` a whole state_dict, and
`load_released` reads the file, by default from the network (159 MB, once), and fills your model.
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor, nn

from detrlab.checks.errors import CheckFailed
from detrlab.checks.weights import copy_weights

URL = "https://dl.fbaipublicfiles.com/detr/detr-r50-e632da11.pth"
WANTED = 'DETR(num_classes=91, num_queries=100, backbone_name="resnet50")'

# How a name begins in their code and in ours. The box head is a list of three linear layers there; here
# it is a sequence, in which the ReLUs count as well.
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
# Their batch norms are frozen and count no batches; those of a ResNet from torchvision do.
COUNTER, LAST_STATISTIC = "num_batches_tracked", "running_var"
# What every colour of an image is shifted and divided by, before the network sees it: ImageNet's.
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
SHORT_SIDE, LONG_SIDE = 800, 1333

State = Mapping[str, Tensor]


class NotLoaded(CheckFailed):
    """The checkpoint could not be read, or it does not fit; the sentence says which."""


def our_name(name: str) -> str:
    """Translate a name of the checkpoint into ours. NotLoaded where it is none of theirs."""
    for theirs, ours in BEGINNINGS:
        if name.startswith(theirs):
            rest = name.removeprefix(theirs)
            return ours + f".{rest}".replace(THEIR_ATTENTION, OUR_ATTENTION)[1:]
    raise NotLoaded(f"{name} is no name of the released DETR-R50.")


def their_name(name: str) -> str:
    """Translate one of our names into the checkpoint's. NotLoaded where it is none of ours."""
    for theirs, ours in BEGINNINGS:
        if name.startswith(ours):
            rest = name.removeprefix(ours)
            return theirs + f".{rest}".replace(OUR_ATTENTION, THEIR_ATTENTION)[1:]
    raise NotLoaded(f"{name} is no name of a DETR of this course.")


@functools.cache
def shapes() -> dict[str, list[int]]:
    """Return name and shape of the checkpoint's 458 entries, in the order in which our DETR has them."""
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
    """Rename the checkpoint's entries, and add the counters of our batch norms, at zero.

    NotLoaded, naming an entry, unless these are the names and shapes of the released DETR-R50.
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
    """Rename a state_dict of our DETR into the checkpoint's names; the batch norms' counters are dropped.

    NotLoaded, naming an entry, unless these are the names and shapes of such a model.
    """
    theirs = {their_name(name): value for name, value in state.items() if not name.endswith(COUNTER)}
    compare(theirs, shapes(), our_name)
    return theirs


def compare(state: State, wanted: Mapping[str, list[int]], say: Callable[[str], str] = str) -> None:
    """Raise NotLoaded unless a state_dict has these names and shapes; `say` is how to call an entry."""

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
    """Copy the checkpoint's entries into your model, part by part, and set it to evaluation.

    By name; inside a part whose names are others, in order. CheckFailed, naming the part, where
    something is missing, of another size, or one too many.
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
    """Fill your DETR with the released weights, from a file or, without a path, from the network.

    NotLoaded, with a sentence that says why, where the file is not to be had or does not fit.
    """
    put_into(model, read(path))


def read(path: Path | str | None = None) -> dict[str, Tensor]:
    """Read the checkpoint's state_dict. NotLoaded where it cannot be had, or is damaged."""
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


def read_photo(path: Path | str) -> Tensor:
    """Read a photo [3, H, W] in [0, 1], its short side 800 px, its long one at most 1333 (section 4)."""
    with Image.open(path) as file:
        photo = ImageOps.exif_transpose(file).convert("RGB")
    scale = min(SHORT_SIDE / min(photo.size), LONG_SIDE / max(photo.size))
    width, height = (round(side * scale) for side in photo.size)
    pixels = np.array(photo.resize((width, height), Image.Resampling.BILINEAR))
    return torch.from_numpy(pixels).permute(2, 0, 1) / 255
