"""IPython's syntax in a cell: magics, shell lines, help; turned into Python that runs none of them.

IPython's own transformer turns `!ls`, `%time f()` or `x = %magic` into calls of `get_ipython()`. Where
cells are run outside of a notebook, that name stands for `NoShell`, and the calls do nothing.
"""

import ast
import functools
import re
import tokenize
from collections.abc import Callable
from typing import Any

CELL_MAGIC = re.compile(r"\s*%%(\w+)([^\n]*)\n?", re.DOTALL)
# Of these, the body is the learner's own Python, run in the notebook's names.
RUN_THEIR_BODY = {"time", "capture", "prun", "python3", "memit", "mprun", "debug"}
# `%time x = f()` and the like run the rest of the line in the notebook's names.
LINE_THAT_RUNS = re.compile(r"^([ \t]*)%(?:time|prun|memit|debug)[ \t]+(?!-)(?=\S)", re.MULTILINE)

# Lines that IPython ends where they end, whatever brackets they open: `!ls (`, `x = %magic [`.
COMMAND = re.compile(r"\s*(?:[%!?]|[^=#'\"]*=\s*[%!])")
MOST_TRIES = 5  # of IPython's transformer on one statement; each reads all of it again


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
    return without_commands(LINE_THAT_RUNS.sub(r"\1", source))


def without_commands(source: str) -> str:
    """Return a source with IPython's syntax as calls; statement by statement, in linear time.

    Raises:
        SyntaxError: where IPython's own syntax is broken.
    """
    from IPython.core.inputtransformer2 import TransformerManager  # here: it takes a moment to import

    manager = TransformerManager()
    lines = (source if source.endswith("\n") else f"{source}\n").splitlines(keepends=True)
    for transform in manager.cleanup_transforms + manager.line_transforms:
        lines = transform(lines)
    python: list[str] = []
    start = 0
    while start < len(lines):
        end = end_of_statement(lines, start)
        python += transformed(lines[start:end], manager.do_one_token_transform)
        start = end
    return "".join(python)


def transformed(lines: list[str], transform: Callable[[list[str]], tuple[bool, list[str]]]) -> list[str]:
    """Return the lines of one statement as Python. SyntaxError where it holds too many commands."""
    for _ in range(MOST_TRIES):
        changed, lines = transform(lines)
        if not changed:
            return lines
    raise SyntaxError("IPython's commands are nested")


def end_of_statement(lines: list[str], start: int) -> int:
    """Return the index of the line that follows a statement, which may have several lines."""
    if COMMAND.match(lines[start]):
        continued = (place for place in range(start, len(lines)) if not lines[place].endswith("\\\n"))
        return next(continued, len(lines) - 1) + 1
    reader, depth = iter(range(start, len(lines))), 0
    try:
        for token in tokenize.generate_tokens(lambda: lines[next(reader)]):
            if token.type == tokenize.OP:
                depth += (token.string in "([{") - (token.string in ")]}")
            if token.type in (tokenize.NEWLINE, tokenize.NL) and depth <= 0:
                return start + token.start[0]
    except (tokenize.TokenError, SyntaxError):
        pass
    return next(reader, len(lines))


def is_python(source: str) -> bool:
    """Say whether a source is Python as it is."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
