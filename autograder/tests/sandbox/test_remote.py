"""Remote objects: what crosses the pipe between grader and sandbox, and what does not."""

import pytest
import torch

from autograder.sandbox.process import Sandbox
from autograder.sandbox.remote import RemoteError, lookup, value_of
from detrlab.cells.cell import Cell
from detrlab.checks.wire import ProtocolError

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

def with_root(x):
    return {"double": 2 * x, "root": x.sqrt(), "triple": 3 * x}

def huge():
    return torch.zeros(1).expand(10**12)
"""


@pytest.fixture(scope="module")
def session():
    with Sandbox() as sandbox, sandbox.session("03_encoder", [Cell(SOURCE, "todo", "x")]) as session:
        yield session


def test_remote_object_keeps_its_state_and_returns_tensors(session):
    scale = lookup(session, "Scale")(factor=3.0)
    result = scale(torch.ones(2))
    assert torch.equal(result["scaled"], torch.full((2,), 3.0))
    assert result["as it was"][1:] == ("text", None)
    assert scale.calls == 1 and repr(scale) == "<Scale>"
    scale.load_state_dict({"factor": torch.tensor(5.0)})
    assert scale.state_dict() == {"factor": torch.tensor(5.0)}


def test_gradients_pass_through_a_remote_call(session):
    scale = lookup(session, "Scale")(4.0)
    x = torch.ones(3, requires_grad=True)
    (scale(2 * x)["scaled"] ** 2).sum().backward()
    assert torch.equal(x.grad, torch.full((3,), 2 * 8.0 * 4 * 2))
    with torch.no_grad():
        assert not scale(x)["scaled"].requires_grad


@pytest.mark.parametrize(
    ("names", "gradient"), [(["double"], 2.0), (["triple"], 3.0), (["double", "triple"], 5.0)]
)
def test_output_that_is_not_used_has_no_part_in_the_gradient(session, names, gradient):
    """Here the unused one has an infinite derivative, which would make NaN of a zero."""
    x = torch.zeros(3, requires_grad=True)
    outputs = lookup(session, "with_root")(x)
    sum(outputs[name].sum() for name in names).backward()
    assert torch.equal(x.grad, torch.full((3,), gradient))


def test_remote_object_may_be_an_argument_and_local_objects_may_not(session):
    result = lookup(session, "call")(lookup(session, "Scale")(), torch.ones(1))
    assert result["scaled"].item() == 2
    with pytest.raises(TypeError, match="cannot be handed to a learner's code"):
        lookup(session, "call")(object(), torch.ones(1))


def test_remote_error_is_short_and_printable(session):
    with pytest.raises(RemoteError) as error:
        lookup(session, "fail")()
    assert error.value.names[:2] == ["KeyError", "LookupError"]
    assert len(str(error.value)) <= 300 and "\x1b" not in str(error.value)


def test_name_that_no_cell_defines_is_a_remote_error(session):
    with pytest.raises(RemoteError, match="no cell defines nothing"):
        lookup(session, "nothing")


def test_value_that_is_too_large_fails_only_its_own_call(session):
    with pytest.raises(RemoteError):
        lookup(session, "huge")()
    assert lookup(session, "Scale")(1.0).calls == 0


def test_reply_may_name_each_tensor_once_only():
    value = [{"tensor": "0"}, {"tensor": "0"}]
    with pytest.raises(ProtocolError):
        value_of(None, {"value": value}, {"0": torch.ones(2)})
    assert torch.equal(value_of(None, {"value": value[:1]}, {"0": torch.ones(2)})[0], torch.ones(2))
