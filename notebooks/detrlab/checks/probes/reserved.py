"""Library code that does what an exercise asks for: out of reach while that exercise is checked."""

import contextlib
import sys
from collections.abc import Iterable, Iterator
from types import CodeType, FunctionType
from typing import Any

_BOXES = (
    "torchvision.ops.box_convert",
    "torchvision.ops.boxes._box_cxcywh_to_xyxy",
    "torchvision.transforms.v2.functional.convert_bounding_box_format",
    "torchvision.transforms.v2.functional._meta._cxcywh_to_xyxy",
)
_OVERLAPS = (
    "torchvision.ops.generalized_box_iou",
    "torchvision.ops.box_iou",
    "torchvision.ops.distance_box_iou",
    "torchvision.ops.complete_box_iou",
    "torchvision.ops.generalized_box_iou_loss",
    "torchvision.ops.boxes._box_inter_union",
    "torchvision.ops.boxes._box_diou_iou",
    "torchvision.ops._utils._loss_inter_union",
)
_TRANSFORMERS = (
    "torch.nn.TransformerEncoderLayer",
    "torch.nn.TransformerDecoderLayer",
    "torch.nn.TransformerEncoder",
    "torch.nn.TransformerDecoder",
    "torch.nn.Transformer",
)
RESERVED: dict[str, tuple[str, ...]] = {
    "box_cxcywh_to_xyxy": _BOXES,
    "generalized_box_iou": _OVERLAPS,
    "encoder_layer": _TRANSFORMERS,
    "encoder": _TRANSFORMERS,
    "decoder_layer": _TRANSFORMERS,
    "decoder": _TRANSFORMERS,
}
REFUSAL = """
def refused(*_, **__):
    from detrlab.checks.errors import NotYourOwn
    raise NotYourOwn({message!r})
"""


@contextlib.contextmanager
def out_of_reach(names: Iterable[str]) -> Iterator[None]:
    """Let functions and classes raise NotYourOwn within a `with`, by whatever name they are called.

    Their code itself is exchanged, so that it makes no difference when they were imported, or as what.

    Args:
        names: dotted names; what this version of a library does not have is left out.
    """
    with contextlib.ExitStack() as restored:
        for name in names:
            for function in functions_of(find(name)):
                restored.callback(setattr, function, "__code__", function.__code__)
                function.__code__ = refusal(name, function.__code__.co_freevars)
        yield


def find(name: str) -> Any:
    """Return what a dotted name stands for, or None if there is no such thing or nobody has imported it.

    It is not imported for this: torchvision would take seconds. If a learner's code imports it when it is
    called, it is out of reach from the next call on.
    """
    module, _, attribute = name.rpartition(".")
    return getattr(sys.modules.get(module), attribute, None)


def functions_of(found: Any) -> list[FunctionType]:
    """Return what has to be exchanged: a function itself, of a class how it is built and called."""
    parts = (
        [vars(found).get(name) for name in ("__init__", "forward")]
        if isinstance(found, type)
        else [found]
    )
    return [part for part in parts if isinstance(part, FunctionType)]


def refusal(name: str, closure: tuple[str, ...]) -> CodeType:
    """Return the code of a function that raises NotYourOwn, for one with these variables of a closure."""
    message = f"{name} does what this exercise asks for: write it yourself. Elsewhere you may use it."
    namespace: dict[str, Any] = {}
    exec(REFUSAL.format(message=message), namespace)
    return namespace["refused"].__code__.replace(co_freevars=closure)
