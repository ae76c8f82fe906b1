"""The hidden checks: `hidden.encoder_layer(TransformerEncoderLayer)` uses newly drawn inputs.

week1/ draws the cases, with one module for each step; reference.py defines the solution's objects, whose
outcomes are the correct ones; checking.py compares.
"""

from collections.abc import Callable
from functools import partial
from typing import Any


def __getattr__(name: str) -> Callable[[Any], None]:
    from autograder.hidden.cases import exercises_with_cases

    if name.startswith("_") or name not in exercises_with_cases():
        raise AttributeError(f"No hidden check is called {name!r}.")
    from autograder.hidden.checking import check

    return partial(check, name)
