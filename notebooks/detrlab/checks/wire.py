"""Exchange frames of JSON and raw tensors (safetensors) over a pipe whose other end is not trusted."""

import json
import struct
from typing import IO, Any

import torch
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as tensors_to_bytes

from detrlab.checks.errors import CheckAborted

HEADER = struct.Struct(">II")  # bytes of JSON, bytes of tensors
LIMIT = 128 * 2**20  # bytes of a frame
TEXT_LIMIT = 8 * 2**20  # bytes of its JSON
NAMES_LIMIT = 2**20  # bytes of its tensors' names and shapes


class ProtocolError(CheckAborted):
    """What came over the pipe is not a frame, or is larger than the limit."""


def write_frame(pipe: IO[bytes], data: Any, tensors: dict[str, torch.Tensor]) -> None:
    """Write one frame.

    Args:
        pipe: where to write.
        data: JSON data.
        tensors: [...] of any shape, by name.

    Raises:
        ProtocolError: if the frame would be larger than the limit.
    """
    text = json.dumps(data).encode()
    blob = tensors_to_bytes(tensors) if tensors else b""
    if len(text) > TEXT_LIMIT or len(text) + len(blob) > LIMIT:
        raise ProtocolError("a value is too large to be handed over")
    pipe.write(HEADER.pack(len(text), len(blob)))
    pipe.write(text)
    pipe.write(blob)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> tuple[Any, dict[str, torch.Tensor]]:
    """Read one frame: JSON data and tensors [...] by name.

    Raises:
        EOFError: if the other end is closed.
        ProtocolError: if what arrives is not a frame, or is larger than the limit.
    """
    text_length, blob_length = HEADER.unpack(read_exactly(pipe, HEADER.size))
    if text_length > TEXT_LIMIT or text_length + blob_length > LIMIT:
        raise ProtocolError("the frame is larger than the limit")
    text, blob = read_exactly(pipe, text_length), read_exactly(pipe, blob_length)
    if int.from_bytes(blob[:8], "little") > NAMES_LIMIT:
        raise ProtocolError("the frame holds more tensors than the limit")
    try:
        return json.loads(text), tensors_from_bytes(blob) if blob else {}
    except Exception as error:  # safetensors raises an exception class of its own
        raise ProtocolError(f"the frame cannot be read ({type(error).__name__})") from error


def read_exactly(pipe: IO[bytes], length: int) -> bytes:
    """Read exactly `length` bytes, since more may be for another process; raise EOFError at the end."""
    parts = bytearray()
    while len(parts) < length:
        part = pipe.read(min(length - len(parts), 1 << 20))
        if not part:
            raise EOFError("the other end of the pipe is gone")
        parts += part
    return bytes(parts)
