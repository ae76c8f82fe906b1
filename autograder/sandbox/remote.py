"""Proxies of a learner's objects in a sandbox: calls go over a pipe, tensors and plain data come back."""

from typing import Any

import torch

from autograder.sandbox.process import Sandbox
from detrlab.checks.codec import flatten, tensors_in, unflatten
from detrlab.checks.wire import ProtocolError
from detrlab.display import printable

LONGEST = 300  # characters of an error message that are shown
MOST = 20  # classes and frames of an error that are kept


class RemoteError(Exception):
    """An error that the learner's code raised.

    Attributes:
        names: its class and the bases of that, the class first.
        frames: the lines of the traceback that lie in the learner's cells.
    """

    def __init__(self, error: Any):
        data = error if isinstance(error, dict) else {}
        super().__init__(safe_text(data.get("message")))
        self.names = [safe_text(name) for name in as_list(data.get("names"))[:MOST]] or ["Exception"]
        self.frames = [safe_text(line) for line in as_list(data.get("frames"))[:MOST]]


class Remote:
    """A proxy of a class, function or object in a sandbox: it can be called and has its attributes."""

    def __init__(self, sandbox: Sandbox, data: dict):
        if type(data.get("object")) is not int or not 0 <= data["object"] < 2**31:
            raise ProtocolError("the reply refers to no object")
        self._sandbox, self._object = sandbox, data["object"]
        self._kind = safe_text(data.get("kind"))

    def __repr__(self) -> str:
        return f"<{self._kind}>"

    def _given(self, name: str) -> Any:
        """Return a proxy of a module that probes supply (detrlab/checks/probes/given.py)."""
        reply, tensors = ask(self._sandbox, "given", name=name)
        return value_of(self._sandbox, reply, tensors)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        reply, tensors = ask(self._sandbox, "attribute", object=self._object, name=name)
        return value_of(self._sandbox, reply, tensors)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the object in its sandbox; results that depend on inputs with a gradient have one too.

        Raises:
            RemoteError: if the learner's code raises an error.
            SandboxExited: if the session has ended.
            ProtocolError: if the reply is not of the agreed form.
            TypeError: if an argument can be neither sent nor referred to.
        """
        tensors: dict[str, torch.Tensor] = {}
        arguments = flatten({"args": list(args), "kwargs": kwargs}, tensors, reference_to)
        inputs = {
            str(i): tensor
            for i, tensor in enumerate(tensors_in([list(args), kwargs]))
            if tensor.requires_grad and torch.is_grad_enabled()
        }
        reply, flat = ask(
            self._sandbox,
            "call",
            tensors,
            object=self._object,
            arguments=arguments,
            with_gradient=list(inputs),
            grad_enabled=torch.is_grad_enabled(),
        )
        kept = {name: None for name in as_list(reply.get("with_gradient")) if type(name) is str}
        if names := [name for name in kept if name in flat and flat[name].is_floating_point()]:
            outputs = [flat[name] for name in names]
            attached = RemoteGradient.apply(self._sandbox, reply.get("call"), outputs, *inputs.values())
            flat |= dict(zip(names, attached, strict=True))
        return value_of(self._sandbox, reply, flat)


class RemoteGradient(torch.autograd.Function):
    """Backpropagate through a call that was made in a sandbox."""

    @staticmethod
    def forward(ctx: Any, sandbox: Sandbox, call: Any, outputs: list, *inputs: torch.Tensor) -> tuple:
        """Return the outputs of the call as functions of its inputs.

        Args:
            ctx: as torch.autograd has it.
            sandbox: where the call was made.
            call: its number there.
            outputs: its outputs with a gradient.
            inputs: its inputs with a gradient.
        """
        ctx.sandbox, ctx.call = sandbox, call
        # As in one process: where an output is not used, nothing is backpropagated through it, not zeros,
        # which an infinite derivative would turn into NaN.
        ctx.set_materialize_grads(False)
        ctx.input_forms = [(tensor.shape, tensor.dtype) for tensor in inputs]
        return tuple(output.clone() for output in outputs)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple:
        """Return the gradients of the inputs, computed in the sandbox.

        Raises:
            ProtocolError: if their number, shapes or types are not those of the inputs.
        """
        used = {i: gradient for i, gradient in enumerate(gradients) if gradient is not None}
        tensors = {str(i): gradient.contiguous() for i, gradient in used.items()}
        reply, flat = ask(ctx.sandbox, "backward", tensors, call=ctx.call)
        input_gradients = value_of(ctx.sandbox, reply, flat)
        is_valid = isinstance(input_gradients, list) and all(map(torch.is_tensor, input_gradients))
        if not is_valid or [(g.shape, g.dtype) for g in input_gradients] != ctx.input_forms:
            raise ProtocolError("the gradients that came back have another form than the inputs")
        return None, None, None, *input_gradients


def lookup(sandbox: Sandbox, name: str) -> Any:
    """Return what the learner's cells define under a name.

    Raises:
        RemoteError: if they do not define it.
        SandboxExited: if the session has ended.
    """
    reply, tensors = ask(sandbox, "name", name=name)
    return value_of(sandbox, reply, tensors)


def ask(
    sandbox: Sandbox, op: str, tensors: dict[str, torch.Tensor] | None = None, **data: Any
) -> tuple[dict, dict[str, torch.Tensor]]:
    """Send a request; return the data and the tensors of the reply.

    Raises:
        RemoteError: if the learner's code raised an error.
        ProtocolError: if the reply is not of the agreed form.
    """
    reply, flat = sandbox.request(op, tensors, **data)
    if "error" in reply:
        raise RemoteError(reply["error"])
    if "value" not in reply:
        raise ProtocolError("the reply holds no value")
    return reply, flat


def value_of(sandbox: Sandbox, reply: dict, tensors: dict[str, torch.Tensor]) -> Any:
    """Return the value of a reply; objects in it become proxies.

    Raises:
        ProtocolError: if the reply is not of the agreed form.
    """
    try:
        return unflatten(reply["value"], SingleUseTensors(tensors), lambda data: Remote(sandbox, data))
    except (TypeError, ValueError, RecursionError) as error:
        raise ProtocolError("the reply is not of the agreed form") from error


def reference_to(value: Any) -> dict:
    """Return the reference to the object of a proxy, to send it as an argument of a call.

    Raises:
        TypeError: if the value is no proxy.
    """
    if isinstance(value, Remote):
        return {"object": value._object}
    raise TypeError(f"a {type(value).__name__} cannot be handed to a learner's code")


def as_list(value: Any) -> list:
    """Return a list as it is; other values give an empty one."""
    return value if isinstance(value, list) else []


def safe_text(value: Any) -> str:
    """Return text from a sandbox in a form that is safe to show."""
    return "" if value is None else printable(str(value), LONGEST)


class SingleUseTensors(dict[str, torch.Tensor]):
    """The tensors of a reply, each of which it may name once: else one could be copied without limit."""

    def __getitem__(self, name: str) -> torch.Tensor:
        return self.pop(name)
