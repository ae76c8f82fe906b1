"""Judge what one student handed in: every step asked for, in one box, in whatever process this runs.

Nothing is read from or written to the course's folder, so that the process may be on another machine.
"""

import importlib
import logging
import math
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograder.judging.keys import Verdicts, course_version
from autograder.sandbox.box import Box
from autograder.sandbox.lock import NoLock
from detrlab.checks.outcome import printable_lines

MARKS = {"needs_person": bool, "seed": int, "cpu_seconds": float, "megabytes": float}
NEEDS_PERSON = "✗ This question could not be graded automatically; a person will look at it."
LOG = logging.getLogger("autograder.judging.tasks")


@dataclass(frozen=True)
class Task:
    """What a judge needs: the code cells by step, and the files that some of them are judged with."""

    student: str
    judge: str  # the dotted name of a function like autograder.judging.verdict.judge
    seed: int
    version: str  # of the course, as autograder.judging.keys.course_version says
    cells: dict[str, list[dict]]
    files: dict[str, bytes] = field(default_factory=dict)


def judge_task(task: Task, box: Box | None = None) -> dict[str, Verdicts | None]:
    """Return the verdicts on each step; None on a step whose judge failed.

    ValueError where this machine has another version of the course, NoLock where it has no lock.
    """
    if task.version != course_version():
        raise ValueError(
            "A worker has another version of the course, or of its packages, than the machine that asks "
            "it. Make them the same, start the worker again, and run the same command again."
        )
    if box is None:
        with Box() as own:
            return judge_task(task, own)
    with tempfile.TemporaryDirectory(prefix="handed-in-") as name:
        for path, content in task.files.items():
            Path(name, path).parent.mkdir(exist_ok=True)
            Path(name, path).write_bytes(content)
        judge = find_judge(task.judge)
        return {
            step: judge_step(judge, step, cells, box, task.seed, Path(name))
            for step, cells in task.cells.items()
        }


def find_judge(name: str) -> Callable[..., dict[str, Any]]:
    """Import a judge by its dotted name."""
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(module), function)


def judge_step(
    judge: Callable[..., dict[str, Any]],
    step: str,
    cells: list[dict],
    box: Box | None,
    seed: int,
    folder: Path,
) -> Verdicts | None:
    """Ask the judge; None where it fails: every question then waits for a person."""
    try:
        judged = judge(step, cells, box, seed=seed, folder=folder)
        return {name: plain(asdict(verdict)) for name, verdict in judged.items()}
    except NoLock:
        raise
    except (Exception, SystemExit):
        # One submission that breaks the judge must not stop the class.
        LOG.exception("The judge failed on a notebook of step %s.", step)
        return None


def plain(verdict: dict) -> dict:
    """Return a verdict fit for pages and terminals: no control characters, credit from 0 to 1."""
    credit = float(verdict["credit"])
    credit = min(max(credit, 0.0), 1.0) if math.isfinite(credit) else 0.0
    sentence = printable_lines(str(verdict["sentence"]))
    marks = {name: kind(verdict[name]) for name, kind in MARKS.items() if name in verdict}
    return {"state": str(verdict["state"]), "sentence": sentence, "credit": credit} | marks


def nobody_judged() -> dict:
    """Return the verdict on a question that the judge gave none for."""
    return {"state": "ended", "sentence": NEEDS_PERSON, "credit": 0.0, "needs_person": True}
