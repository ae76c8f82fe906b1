"""The real judge with less patience, for a batch of which a third never answers."""

from dataclasses import replace
from pathlib import Path

from autograder.judging import judge
from autograder.sandbox.process import Sandbox

SECONDS = 8.0


def judge(
    step: str, cells: list[dict], sandbox: Sandbox, seed: int, folder: Path | None = None
) -> dict[str, judge.Verdict]:
    """Judge as judge.judge does, but wait a few seconds only for each check."""
    sandbox.limits = replace(sandbox.limits, seconds=SECONDS)
    return judge.judge(step, cells, sandbox, seed, folder)
