"""Stand in for a learner's object that lives in a sandbox: calls go over the pipe, numbers come back."""

from typing import Any

import torch

from autograder.sandbox.process import Sandbox
from detrlab.checks.codec import flatten, tensors_in, unflatten
from detrlab.checks.text import printable
from detrlab.checks.wire import ProtocolError

LONGEST = 300  # characters of an error message that are shown
MOST = 20  # classes and frames of an error


class RemoteError(Exception):
    """An error raised by the learner's code; `names` are its class and bases, `frames` its own lines."""

    def __init__(self, error: Any):
        data = error if isinstance(error, dict) else {}
        super().__init__(words(data.get("message")))
        self.names = [words(name) for name in as_list(data.get("names"))[:MOST]] or ["Exception"]
        self.frames = [words(line) for line in as_list(data.get("frames"))[:MOST]]


class Remote:
    """A reference to a class, function or object in a sandbox: call it, or take its attributes."""

    def __init__(self, sandbox: Sandbox, data: dict):
        if type(data.get("object")) is not int or not 0 <= data["object"] < 2**31:
            raise ProtocolError("the reply refers to no object")
        self._box, self._object = sandbox, data["object"]
        self._kind = words(data.get("kind"))

    def __repr__(self) -> str:
        return f"<{self._kind}>"

    def _given(self, name: str) -> Any:
        """Refer to one of the modules that probes hand out (detrlab/probes/given.py), in the sandbox."""
        reply, tensors = ask(self._box, "given", name=name)
        return value_of(self._box, reply, tensors)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        reply, tensors = ask(self._box, "attribute", object=self._object, name=name)
        return value_of(self._box, reply, tensors)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the object in its sandbox; results that depend on inputs with gradient carry one too."""
        tensors: dict[str, torch.Tensor] = {}
        arguments = flatten({"args": list(args), "kwargs": kwargs}, tensors, refer)
        inputs = {
            str(i): tensor
            for i, tensor in enumerate(tensors_in([list(args), kwargs]))
            if tensor.requires_grad and torch.is_grad_enabled()
        }
        reply, flat = ask(
            self._box,
            "call",
            tensors,
            object=self._object,
            arguments=arguments,
            with_gradient=list(inputs),
            grad_enabled=torch.is_grad_enabled(),
        )
        told = {name: None for name in as_list(reply.get("with_gradient")) if type(name) is str}
        if names := [name for name in told if name in flat and flat[name].is_floating_point()]:
            outputs = [flat[name] for name in names]
            through = RemoteGradient.apply(self._box, reply.get("call"), outputs, *inputs.values())
            flat |= dict(zip(names, through, strict=True))
        return value_of(self._box, reply, flat)


class RemoteGradient(torch.autograd.Function):
    """Carry gradients through a call that happened in a sandbox."""

    @staticmethod
    def forward(ctx: Any, sandbox: Sandbox, call: Any, outputs: list, *inputs: torch.Tensor) -> tuple:
        """Return the outputs that came back, now attached to the inputs."""
        ctx.sandbox, ctx.call = sandbox, call
        ctx.forms = [(tensor.shape, tensor.dtype) for tensor in inputs]
        return tuple(output.clone() for output in outputs)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple:
        """Fetch the gradients of the inputs from the sandbox."""
        tensors = {str(i): gradient.contiguous() for i, gradient in enumerate(gradients)}
        reply, flat = ask(ctx.sandbox, "backward", tensors, call=ctx.call)
        found = value_of(ctx.sandbox, reply, flat)
        right = isinstance(found, list) and all(torch.is_tensor(gradient) for gradient in found)
        if not right or [(gradient.shape, gradient.dtype) for gradient in found] != ctx.forms:
            raise ProtocolError("the gradients that came back have another form than the inputs")
        return None, None, None, *found


def lookup(sandbox: Sandbox, name: str) -> Any:
    """Return what the learner's cells define under a name. RemoteError where they do not."""
    reply, tensors = ask(sandbox, "name", name=name)
    return value_of(sandbox, reply, tensors)


def ask(
    sandbox: Sandbox, op: str, tensors: dict[str, torch.Tensor] | None = None, **data: Any
) -> tuple[dict, dict[str, torch.Tensor]]:
    """Send a request; raise in this process what the learner's code raised in its own."""
    reply, flat = sandbox.request(op, tensors, **data)
    if "error" in reply:
        raise RemoteError(reply["error"])
    if "value" not in reply:
        raise ProtocolError("the reply holds no value")
    return reply, flat


def value_of(sandbox: Sandbox, reply: dict, tensors: dict[str, torch.Tensor]) -> Any:
    """Put a reply's value together; objects in it become proxies."""
    try:
        return unflatten(reply["value"], Once(tensors), lambda data: Remote(sandbox, data))
    except (TypeError, ValueError, RecursionError) as error:
        raise ProtocolError("the reply is not of the agreed form") from error


def refer(value: Any) -> dict:
    """Turn a proxy among a call's arguments back into a reference to its object."""
    if isinstance(value, Remote):
        return {"object": value._object}
    raise TypeError(f"a {type(value).__name__} cannot be handed to a learner's code")


def as_list(value: Any) -> list:
    """Return a list as it is, anything else as an empty one."""
    return value if isinstance(value, list) else []


def words(value: Any) -> str:
    """Return what a sandbox says in words, safe to show."""
    return "" if value is None else printable(str(value), LONGEST)


class Once(dict[str, torch.Tensor]):
    """Tensors that a reply may name once each: a million names for one would cost a million copies."""

    def __getitem__(self, name: str) -> torch.Tensor:
        return self.pop(name)
