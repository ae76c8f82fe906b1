"""What a verdict says of the answer itself: a trace of its author, and whether it was read at all."""

import ast
import hashlib
from dataclasses import replace

from autograder.judging.verdict import State, Verdicts
from autograder.submissions.notebook_json import is_left_out
from detrlab.cells.cell import Cell

LEAST_CODE = 200  # characters of code that are hardly equal by chance
TOO_LONG = "✗ {}: {} is longer than can be read, and was left out. A person will look at it."


def with_answers(verdicts: Verdicts, code: list[Cell]) -> Verdicts:
    """Return the verdicts with a trace of each answer; review what may fail for want of a left-out cell.

    Args:
        verdicts: by exercise.
        code: the notebook's code cells.
    """
    answers = {cell.name: cell for cell in code if cell.role == "todo"}
    lacks_cells = any(is_left_out(cell.source) for cell in code)
    described = {}
    for name, verdict in verdicts.items():
        cell = answers.get(name)
        own = cell is not None and is_left_out(cell.source)
        if own or (lacks_cells and verdict.state in (State.FAILED, State.ABORTED, State.UNTOUCHED)):
            message = TOO_LONG.format(name, "your answer" if own else "one of your cells")
            verdict = replace(verdict, state=State.FAILED, message=message, needs_review=True)
        elif cell and not cell.is_stub:
            verdict = replace(verdict, trace=trace_of(cell.source))
        described[name] = verdict
    return described


def trace_of(source: str) -> str:
    """Return a fingerprint of an answer that comments, docstrings and layout do not change.

    Empty if it is too short to tell its author.
    """
    text = normalise(source)
    return hashlib.sha256(text.encode()).hexdigest()[:16] if len(text) >= LEAST_CODE else ""


def normalise(source: str) -> str:
    """Return code without comments, docstrings and layout; with normalised spaces if it is not valid."""
    try:
        tree = ast.parse(source)
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list):
                node.body = [part for part in body if not is_constant(part)] or [ast.Pass()]  # type: ignore[attr-defined]
        return ast.unparse(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return " ".join(source.split())


def is_constant(node: ast.AST) -> bool:
    """Return whether a statement is only a constant, as docstrings are."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
