"""The hidden checks: `hidden.encoder_layer(TransformerEncoderLayer)` on inputs drawn anew.

What a step's exercises are tried out on is drawn in week1/, one module a step; what is right there is
what the solution does (reference.py), and checking.py compares.
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
