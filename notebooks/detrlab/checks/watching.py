"""Watch the calls of a learner's code: arguments and earlier results have to stay what they are.

A probe gets the learner's function or class inside a `Watched`, in the process of the learner's code.
Once all is right, the probe runs again with the objects of the first time: what an object has kept from
an earlier call, with other inputs or other weights, then shows.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from detrlab.checks.codec import tensors_in
from detrlab.checks.errors import SideEffect
from detrlab.checks.probes.reserved import out_of_reach

DEEPEST = 6  # levels of nested values that are looked at
MOST = 50  # results that are looked at again


class Watched:
    """Stands for a learner's function or class and its objects; `reserved` is out of reach for them."""

    def __init__(self, target: Any, reserved: Sequence[str] = (), memory: "Memory | None" = None) -> None:
        self._target, self._reserved = target, reserved
        self._memory = memory or Memory()
        self._was_called = False  # in eval mode

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it, or make an object. Of leaves that need a gradient it gets copies, as inside a model.

        Raises:
            SideEffect: if the call changes an argument, or what an earlier call has returned.
            NotYourOwn: if it calls library code that is out of reach.
        """
        if isinstance(self._target, type):
            with out_of_reach(self._reserved):
                made = self._memory.make(self._target, args, kwargs)
            is_made = isinstance(made, self._target)
            return Watched(made, self._reserved, self._memory) if is_made else plain(made)
        args, kwargs = map_tensors(args, without_leaf), map_tensors(kwargs, without_leaf)
        before = map_tensors([args, kwargs], copy)
        with out_of_reach(self._reserved):
            result = self._target(*args, **kwargs)
        if not equal(before, [args, kwargs]):
            name = first_changed(names(self._target, args, kwargs), before, [args, kwargs])
            raise SideEffect(
                f"Your code changes its argument {name} in place, and whoever calls it still needs that. "
                "Make a new tensor: x = x + 1 where there is x += 1, or x.clone() first."
            )
        self._memory.keep(result)
        if isinstance(self._target, nn.Module) and not self._target.training and not self._was_called:
            self._was_called = True
            if is_another(result, self._target(*args, **kwargs)):
                raise SideEffect(
                    "In eval mode two calls with the same inputs have different results. Is dropout "
                    "still active? F.dropout needs training=self.training; nn.Dropout knows by itself."
                )
        return plain(result)

    def _use_again(self) -> None:
        """From now on, give out the objects that were made before, wherever their arguments are asked."""
        self._memory.uses_again = True


class Memory:
    """What has been made and returned so far."""

    def __init__(self) -> None:
        # Objects, with the modes of their modules and the types of their tensors when they were new.
        self.made: dict[str, tuple[Any, dict[nn.Module, bool], dict[Tensor, torch.dtype]]] = {}
        self.returned: list[tuple[Tensor, Tensor]] = []  # each with a copy
        self.uses_again = False

    def make(self, kind: type, args: tuple, kwargs: dict) -> Any:
        """Make an object, or give out the one that was made with equal arguments, in its first state."""
        key = described([kind.__name__, args, kwargs])
        if self.uses_again and key in self.made:
            made, modes, types = self.made[key]
            for module, training in modes.items():
                module.training = training
            for tensor, dtype in types.items():
                tensor.grad, tensor.data = None, tensor.data.to(dtype)
            return made
        made = kind(*args, **kwargs)
        modes, types = {}, {}
        if isinstance(made, nn.Module):
            modes = {module: module.training for module in made.modules()}
            types = {tensor: tensor.dtype for tensor in (*made.parameters(), *made.buffers())}
        self.made[key] = made, modes, types
        return made

    def keep(self, result: Any) -> None:
        """Remember a result, after a look at the earlier ones.

        Raises:
            SideEffect: if one of them has changed.
        """
        if not all(equal(copied, tensor) for tensor, copied in self.returned):
            raise SideEffect(
                "What your code returned from an earlier call has changed during a later one: it returns "
                "a tensor that it keeps and writes to again. Return a new one each time."
            )
        self.returned += [(tensor, copy(tensor)) for tensor in tensors_in(result)][:MOST]
        del self.returned[:-MOST]


def map_tensors(value: Any, function: Callable[[Tensor], Tensor], depth: int = DEEPEST) -> Any:
    """Return nested values with a function applied to each tensor, and every pair a plain one.

    Subclasses of tuple, list, dict, str and numbers become what they extend: a NamedTuple is a tuple.
    """
    if isinstance(value, Tensor):
        return function(value)
    if depth == 0 or isinstance(value, torch.Size):
        return value
    if isinstance(value, dict):
        return {key: map_tensors(item, function, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [map_tensors(item, function, depth - 1) for item in value]
        return items if isinstance(value, list) else tuple(items)
    kind = next((kind for kind in (bool, int, float, str) if isinstance(value, kind)), None)
    return kind(value) if kind else value


def plain(value: Any) -> Any:
    """Return nested values of plain types: a NamedTuple as a tuple, with the same tensors."""
    return map_tensors(value, lambda tensor: tensor)


def without_leaf(tensor: Tensor) -> Tensor:
    """Return a tensor [...] that may be changed in place, as a model's inner ones may."""
    return tensor.clone() if tensor.requires_grad and tensor.is_leaf else tensor


def copy(tensor: Tensor) -> Tensor:
    """Return the present values of a tensor [...], which needs a gradient if that does."""
    return tensor.detach().clone().requires_grad_(tensor.requires_grad)


def equal(before: Any, after: Any) -> bool:
    """Say whether the tensors in nested values are what they were, and lie where they lay."""
    if isinstance(before, Tensor):
        if not isinstance(after, Tensor) or form(before) != form(after):
            return False
        return bool(((before == after) | ((before != before) & (after != after))).all())
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(equal(before[key], after[key]) for key in before)
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(equal, before, after))
    return True


def is_another(first: Any, second: Any) -> bool:
    """Say whether the tensors of two results have the same shapes and other values."""
    pairs = list(zip(tensors_in(first), tensors_in(second), strict=False))
    same_form = all((one.shape, one.dtype) == (other.shape, other.dtype) for one, other in pairs)
    return same_form and not all(torch.allclose(*pair, equal_nan=True) for pair in pairs)


def form(tensor: Tensor) -> tuple:
    """Return all that belongs to a tensor [...] but its values."""
    return tensor.shape, tensor.dtype, tensor.requires_grad


def first_changed(called: Iterator[str], before: list, after: list) -> str:
    """Return the name of the first argument that is not what it was; a call is [args, kwargs]."""
    old, new = ([*args, *kwargs.values()] for args, kwargs in (before, after))
    return next(name for name, *both in zip(called, old, new, strict=False) if not equal(*both))


def names(function: Any, args: tuple, kwargs: dict) -> Iterator[str]:
    """Yield what the learner calls each argument, as far as the signature says."""
    called = function.forward if isinstance(function, nn.Module) else function
    try:
        known = list(inspect.signature(called).parameters)
    except (TypeError, ValueError):
        known = []
    for number in range(len(args)):
        yield f"`{known[number]}`" if number < len(known) else f"number {number + 1}"
    yield from (f"`{name}`" for name in kwargs)


def described(value: Any) -> str:
    """Return a text that is equal for equal arguments; of an object, its class and its numbers."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(described, value))}]"
    if isinstance(value, dict):
        return described([[key, value[key]] for key in sorted(value)])
    if isinstance(value, bool | int | float | str | type(None)):
        return repr(value)
    attributes = getattr(value, "__dict__", {})
    numbers = {name: item for name, item in attributes.items() if type(item) in (int, float)}
    return f"{type(value).__name__} {described(numbers)}"
