"""Proxies: what crosses the pipe, and what does not."""

import io

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autograder.sandbox.process import Sandbox
from autograder.sandbox.remote import RemoteError, lookup, value_of
from detrlab.checks.wire import HEADER, ProtocolError, read_frame, write_frame
from detrlab.steps import Cell

SOURCE = """
import torch
from torch import nn

class Scale(nn.Module):
    def __init__(self, factor=2.0):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        x += 0  # writes into its argument
        return {"scaled": self.factor * x, "as it was": (x, "text", None)}

def call(function, x):
    return function(x)

def fail():
    raise KeyError("\\x1b[31m" + "x" * 5000)

def huge():
    return torch.zeros(1).expand(10**12)
"""


@pytest.fixture(scope="module")
def session():
    with Sandbox() as sandbox, sandbox.session("03_encoder", [Cell(SOURCE, "todo", "x")]) as session:
        yield session


def test_objects_stay_and_numbers_come_back(session):
    scale = lookup(session, "Scale")(factor=3.0)
    given_tensor = torch.ones(2)
    result = scale(given_tensor)
    assert torch.equal(result["scaled"], torch.full((2,), 3.0))
    assert result["as it was"][1:] == ("text", None)
    assert scale.calls == 1 and repr(scale) == "<Scale>"
    scale.load_state_dict({"factor": torch.tensor(5.0)})
    assert scale.state_dict() == {"factor": torch.tensor(5.0)}


def test_gradients_come_back(session):
    scale = lookup(session, "Scale")(4.0)
    x = torch.ones(3, requires_grad=True)
    (scale(2 * x)["scaled"] ** 2).sum().backward()
    assert torch.equal(x.grad, torch.full((3,), 2 * 8.0 * 4 * 2))
    with torch.no_grad():
        assert not scale(x)["scaled"].requires_grad


def test_a_proxy_is_an_argument_too(session):
    result = lookup(session, "call")(lookup(session, "Scale")(), torch.ones(1))
    assert result["scaled"].item() == 2
    with pytest.raises(TypeError, match="cannot be handed to a learner's code"):
        lookup(session, "call")(object(), torch.ones(1))


def test_an_error_comes_back_bounded_and_printable(session):
    with pytest.raises(RemoteError) as error:
        lookup(session, "fail")()
    assert error.value.names[:2] == ["KeyError", "LookupError"]
    assert len(str(error.value)) <= 300 and "\x1b" not in str(error.value)


def test_what_is_not_there_is_said(session):
    with pytest.raises(RemoteError, match="no cell defines nothing"):
        lookup(session, "nothing")


def test_a_value_that_is_too_large_is_an_error_of_its_call(session):
    with pytest.raises(RemoteError):
        lookup(session, "huge")()
    assert lookup(session, "Scale")(1.0).calls == 0


def test_a_reply_names_each_tensor_once():
    value = [{"tensor": "0"}, {"tensor": "0"}]
    with pytest.raises(ProtocolError):
        value_of(None, {"value": value}, {"0": torch.ones(2)})
    assert torch.equal(value_of(None, {"value": value[:1]}, {"0": torch.ones(2)})[0], torch.ones(2))


def test_a_frame_is_read_as_it_was_written():
    pipe = io.BytesIO()
    write_frame(pipe, {"a": [1, None]}, {"0": torch.arange(3)})
    pipe.seek(0)
    data, tensors = read_frame(pipe)
    assert data == {"a": [1, None]} and torch.equal(tensors["0"], torch.arange(3))
    with pytest.raises(EOFError):
        read_frame(pipe)


@given(st.binary(max_size=60), st.integers(0, 2**32 - 1), st.integers(0, 60))
def test_any_bytes_end_in_a_frame_or_in_an_error_that_is_handled(content, text, blob):
    for raw in (content, HEADER.pack(min(text, len(content)), blob) + content, HEADER.pack(text, blob)):
        try:
            data, tensors = read_frame(io.BytesIO(raw))
            if isinstance(data, dict):
                value_of(None, data | {"value": data}, tensors)
        except (ProtocolError, EOFError):
            pass
