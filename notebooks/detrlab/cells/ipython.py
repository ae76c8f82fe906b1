"""IPython's syntax in a cell: magics, shell lines, help; turned into Python that runs none of them.

IPython's own transformer turns `!ls`, `%time f()` or `x = %magic` into calls of `get_ipython()`. Where
cells are run outside of a notebook, that name stands for `NoShell`, and the calls do nothing.
"""

import ast
import functools
import re
from typing import Any

CELL_MAGIC = re.compile(r"\s*%%(\w+)([^\n]*)\n?", re.DOTALL)
# Of these, the body is the learner's own Python, run in the notebook's names.
RUN_THEIR_BODY = {"time", "capture", "prun", "python3", "memit", "mprun", "debug"}
# `%time x = f()` and the like run the rest of the line in the notebook's names.
LINE_THAT_RUNS = re.compile(r"^([ \t]*)%(?:time|prun|memit|debug)[ \t]+(?!-)(?=\S)", re.MULTILINE)


class NoShell:
    """Stands for IPython's shell where there is none: every command is a call that does nothing."""

    def getoutput(self, *_: Any, **__: Any) -> list[str]:
        """Return no lines, as of `files = !ls`."""
        return []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: None


@functools.lru_cache(maxsize=512)
def to_python(source: str) -> str:
    """Return a cell's source as Python; line numbers stay where IPython's transformer lets them.

    Raises:
        SyntaxError: where IPython's own syntax is broken.
    """
    if is_python(source):
        return source
    if magic := CELL_MAGIC.match(source):
        if magic[1] not in RUN_THEIR_BODY:
            return ""  # another language, or something that binds no names: %%bash, %%html, %%timeit
        lines_before = source[: magic.end()].count("\n")
        return "\n" * lines_before + to_python(source[magic.end() :])
    source = LINE_THAT_RUNS.sub(r"\1", source)
    from IPython.core.inputtransformer2 import TransformerManager  # here: it takes a moment to import

    return TransformerManager().transform_cell(source)


def is_python(source: str) -> bool:
    """Say whether a source is Python as it is."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
