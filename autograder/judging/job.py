"""Judge one student's submission: the requested steps, in one sandbox.

The course folder is neither read nor written, so that a job may run on another machine.
"""

import importlib
import json
import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.judging.course_version import course_version
from autograder.judging.verdict import Verdicts
from autograder.sandbox.availability import SETTING, SandboxUnavailable, is_enabled
from autograder.sandbox.process import Sandbox
from autograder.submissions.rebuild import Notebook

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """All that a judge needs to know of one student's submission.

    Attributes:
        student: the student's id.
        judge: the dotted name of a function with the signature of autograder.judging.judge.judge.
        seed: the course's, from which the inputs are drawn.
        version: of the course, from course_version.
        notebooks: what `judged_part` returns of each, by step.
        files: the files that a trained model is judged with, by their path in nbgrader's layout.
        sandboxed: whether their code has to run in a sandbox.
    """

    student: str
    judge: str
    seed: int = field(repr=False)  # a worker's log shows what its tasks were given
    version: str
    notebooks: dict[str, Notebook] = field(repr=False)
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    sandboxed: bool = field(default_factory=is_enabled)


def judged_part(notebook: Notebook) -> Notebook:
    """Return what a judge is given of a notebook, as plain data: metadata, code cells without outputs."""
    names = ("cell_type", "source", "metadata")
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    cells = [{name: cell[name] for name in names} for cell in code]
    return json.loads(json.dumps({"cells": cells, "metadata": notebook["metadata"]}))


def judge_job(job: Job, sandbox: Sandbox | None = None) -> dict[str, Verdicts | None]:
    """Judge every step of a job.

    Args:
        job: what to judge.
        sandbox: where the code runs; a new one if none is given.

    Returns:
        the verdicts by step; None for a step whose judge failed.

    Raises:
        ValueError: if this machine has another version of the course.
        SandboxUnavailable: if this machine has no sandbox, or switches it off for a job that needs it.
    """
    if job.version != course_version():
        raise ValueError(
            "A worker has another version of the course, or of its packages, than the machine that asks "
            "it. Make them the same, start the worker again, and run the same command again."
        )
    if job.sandboxed and not is_enabled():
        raise SandboxUnavailable(
            f"A worker has {SETTING}=1 set, so it would run submissions without a sandbox. Start it anew "
            "without that, and run the same command again."
        )
    if sandbox is None:
        with Sandbox() as new_sandbox:
            return judge_job(job, new_sandbox)
    with tempfile.TemporaryDirectory(prefix="submitted-") as folder:
        for path, content in job.files.items():
            Path(folder, path).parent.mkdir(exist_ok=True)
            Path(folder, path).write_bytes(content)
        judge = import_judge(job.judge)
        return {step: judge_step(judge, job, step, sandbox, Path(folder)) for step in job.notebooks}


def import_judge(name: str) -> Callable[..., Verdicts]:
    """Import a judge by its dotted name."""
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(module), function)


def judge_step(
    judge: Callable[..., Verdicts], job: Job, step: str, sandbox: Sandbox, folder: Path
) -> Verdicts | None:
    """Judge one step of a job; return None if the judge fails, so that every exercise needs review.

    Raises:
        SandboxUnavailable: if no sandbox can be started.
    """
    try:
        verdicts = judge(step, job.notebooks[step], sandbox, seed=job.seed, folder=folder)
    except SandboxUnavailable:
        raise
    except (Exception, SystemExit):
        # A submission that makes the judge fail must not stop the others.
        LOG.exception("The judge failed on a notebook of step %s.", step)
        return None
    sandboxed = is_enabled()
    return {name: replace(verdict, sandboxed=sandboxed) for name, verdict in verdicts.items()}
