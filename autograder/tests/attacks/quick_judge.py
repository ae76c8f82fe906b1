"""The judge with a shorter time limit, for a batch of which a third never answers."""

from dataclasses import replace
from pathlib import Path

from autograder.judging import judge as judging
from autograder.judging.verdict import Verdicts
from autograder.sandbox.process import Sandbox
from autograder.submissions.rebuild import Notebook

SECONDS = 8.0


def judge(
    step: str, notebook: Notebook, sandbox: Sandbox, seed: int, folder: Path | None = None
) -> Verdicts:
    """Judge as judging.judge does, with a limit of some seconds for each check."""
    sandbox.limits = replace(sandbox.limits, seconds=SECONDS)
    return judging.judge(step, notebook, sandbox, seed, folder)
