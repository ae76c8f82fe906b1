"""Judge what one student submitted: every step asked for, in one sandbox, in whatever process this runs.

Nothing is read from or written to the course's folder, so that the process may be on another machine.
"""

import importlib
import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.judging.course_version import course_version
from autograder.judging.verdict import Verdicts
from autograder.sandbox.availability import SandboxUnavailable
from autograder.sandbox.process import Sandbox

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """What a judge needs: the code cells by step, and the files that some of them are judged with."""

    student: str
    judge: str  # the dotted name of a function like autograder.judging.judge.judge
    seed: int
    version: str  # of the course, as course_version says
    cells: dict[str, list[dict]]
    files: dict[str, bytes] = field(default_factory=dict)


def judge_job(job: Job, sandbox: Sandbox | None = None) -> dict[str, Verdicts | None]:
    """Return the verdicts on each step; None on a step whose judge failed.

    Raises:
        ValueError: where this machine has another version of the course.
        SandboxUnavailable: where it has no sandbox.
    """
    if job.version != course_version():
        raise ValueError(
            "A worker has another version of the course, or of its packages, than the machine that asks "
            "it. Make them the same, start the worker again, and run the same command again."
        )
    if sandbox is None:
        with Sandbox() as own:
            return judge_job(job, own)
    with tempfile.TemporaryDirectory(prefix="submitted-") as name:
        for path, content in job.files.items():
            Path(name, path).parent.mkdir(exist_ok=True)
            Path(name, path).write_bytes(content)
        judge = import_judge(job.judge)
        return {
            step: judge_step(judge, step, cells, sandbox, job.seed, Path(name))
            for step, cells in job.cells.items()
        }


def import_judge(name: str) -> Callable[..., Verdicts]:
    """Import a judge by its dotted name."""
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(module), function)


def judge_step(
    judge: Callable[..., Verdicts],
    step: str,
    cells: list[dict],
    sandbox: Sandbox | None,
    seed: int,
    folder: Path,
) -> Verdicts | None:
    """Ask the judge; return None where it fails: every question then needs review."""
    try:
        return judge(step, cells, sandbox, seed=seed, folder=folder)
    except SandboxUnavailable:
        raise
    except (Exception, SystemExit):
        # One submission that breaks the judge must not stop the class.
        LOG.exception("The judge failed on a notebook of step %s.", step)
        return None
