"""Replies of a sandbox, corrupted on their way: in their bytes, their JSON or their tensors."""

import json
import random
import struct
from collections.abc import Callable
from typing import Any

import torch
from safetensors.torch import save

from detrlab.checks.wire import HEADER, LIMIT, TEXT_LIMIT

TYPES = [getattr(torch, name) for name in dir(torch) if isinstance(getattr(torch, name), torch.dtype)]


def corrupt_bytes(frame: bytes, chance: random.Random, _: Any) -> bytes:
    """Cut a frame, change its bytes, or state wrong lengths."""
    cut = chance.randrange(len(frame) + 1)
    match chance.randrange(5):
        case 0:
            return frame[:cut]
        case 1:
            return frame[:cut] + chance.randbytes(8) + frame[cut + 8 :]
        case 2:
            lengths = [chance.choice([0, 1, 7, len(frame), TEXT_LIMIT, LIMIT, 2**32 - 1]) for _ in "ab"]
            return HEADER.pack(*lengths) + frame[HEADER.size :]
        case 3:
            return chance.randbytes(chance.randrange(60))
    return frame + frame[:cut]


def corrupt_json(frame: bytes, chance: random.Random, drawn: Any) -> bytes:
    """Replace one value of the JSON by the drawn one, delete it, or nest the drawn one deeply."""
    reply, blob = split_frame(frame)
    places = [(reply, key) for key in reply]
    for container, key in places:  # grows while it is walked
        inner = container[key]
        if isinstance(inner, dict | list):
            places += [(inner, k) for k in (inner if isinstance(inner, dict) else range(len(inner)))]
    container, key = chance.choice(places)
    if chance.random() < 0.2:
        del container[key]
    elif chance.random() < 0.1:
        for _ in range(chance.choice([10, 500, 3000])):
            drawn = [drawn]
        container[key] = drawn
    else:
        container[key] = drawn
    try:
        text = json.dumps(reply).encode()
    except RecursionError:
        text = b"[" * 100_000
    return HEADER.pack(len(text), len(blob)) + text + blob


def corrupt_tensors(frame: bytes, chance: random.Random, shape: Any) -> bytes:
    """Send tensors of other shapes, types, names and numbers, or with a header that makes no sense."""
    reply, _ = split_frame(frame)
    names = [str(number) for number in range(chance.choice([1, 1, 3, 40]))]
    shape = shape if isinstance(shape, tuple) else (2, 2)
    tensors = {}
    for name in names:
        numbers = torch.full(shape, chance.choice([0.0, 1e30, float("nan"), float("inf"), -1.0]))
        try:
            tensors[name] = numbers.to(chance.choice(TYPES))
            save({name: tensors[name]})
        except Exception:  # a type that torch or safetensors cannot write
            tensors[name] = numbers
    blob = save(tensors)
    if chance.random() < 0.3:
        blob = malformed_safetensors(chance)
    if chance.random() < 0.7:
        reply = {"value": {"tensor": "0"}, "with_gradient": names, "call": chance.choice([0, -1, "x"])}
    text = json.dumps(reply).encode()
    return HEADER.pack(len(text), len(blob)) + text + blob


def malformed_safetensors(chance: random.Random) -> bytes:
    """Return the bytes of one tensor with a header whose type, shape, offsets or length are wrong."""
    kind = chance.choice(["F64", "F8_E4M3", "F8_E8M0", "F4", "C64", "BOOL", "X", "I64"])
    sizes = chance.choice([[0], [-1], [2**62], [0, 2**60], [1, 4], [2**32, 2**32]])
    offsets = chance.choice([[0, 8], [8, 0], [0, 2**60], [-8, 8], [0, 0]])
    header = json.dumps({"0": {"dtype": kind, "shape": sizes, "data_offsets": offsets}}).encode()
    length = chance.choice([len(header), 2**62, 0, len(header) + 100])
    return struct.pack("<Q", length) + header + bytes(8)


def split_frame(frame: bytes) -> tuple[dict, bytes]:
    """Return a frame's JSON, as data, and the bytes of its tensors."""
    length, _ = HEADER.unpack(frame[: HEADER.size])
    return json.loads(frame[HEADER.size : HEADER.size + length]), frame[HEADER.size + length :]


# JSON twice, since most of a reply's structure is in it.
CORRUPTIONS: tuple[Callable[[bytes, random.Random, Any], bytes], ...] = (
    corrupt_bytes,
    corrupt_json,
    corrupt_json,
    corrupt_tensors,
)
