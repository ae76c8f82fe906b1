"""Judge one notebook's answers: the hidden checks here, the learner's code in a sandbox.

A check that passes is made once more, on other inputs and in a process of its own: an answer that was
only lucky, or right on the first call alone, is right once and wrong once, and a person looks at it.
"""

import functools
import json
import logging
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from autograder.authoring.exercises import Exercise, artifacts_of, exercises_of
from autograder.authoring.sources import source_path
from autograder.hidden import checking
from autograder.judging.trained_model import judge_trained_model
from autograder.judging.verdict import State, Verdict, Verdicts
from autograder.sandbox.process import Sandbox, SandboxExited
from autograder.sandbox.remote import RemoteError, lookup
from detrlab.checks.errors import CheckAborted, CheckFailed, NothingYet
from detrlab.checks.isolation import isolate
from detrlab.steps import Cell, cell_from_json

LOG = logging.getLogger(__name__)


@functools.cache
def seed_of_this_process() -> int:
    """Draw a seed, once: what is right for it is then computed once, too."""
    return secrets.randbits(128)


def judge(
    step: str,
    cells: list[dict],
    sandbox: Sandbox | None = None,
    seed: int | None = None,
    folder: Path | None = None,
) -> Verdicts:
    """Return the verdict on each exercise of a step.

    Args:
        step: its name, like "03_encoder".
        cells: the notebook's code cells, as nbformat has them; they are never run in this process.
        sandbox: where they are run, each exercise in a session and so in a process of its own; without
            one, a sandbox is started for this call.
        seed: draws the same inputs again; without it they are drawn from a secret one.
        folder: what else was submitted, which a trained model needs.

    Raises:
        SandboxUnavailable: where no sandbox can be started.
    """
    seed = seed_of_this_process() if seed is None else seed
    code = [cell_from_json(cell) for cell in cells if cell.get("cell_type") == "code"]
    if sandbox is None:
        with Sandbox() as own:
            return judge(step, cells, own, seed, folder)
    verdicts = {e.name: judge_exercise(step, e, code, sandbox, seed) for e in exercises_of(step)}
    for artifact in artifacts_of(step):
        check = functools.partial(judge_trained_model, artifact.symbol, code, folder, sandbox, seed)
        verdicts[artifact.name] = verdict_of(artifact.name, check, sandbox, seed)
    return verdicts


def judge_exercise(
    step: str, exercise: Exercise, code: list[Cell], sandbox: Sandbox, seed: int
) -> Verdict:
    """Run one hidden check on what the cells define. Whatever happens in the sandbox is a verdict."""

    def check(drawn: int) -> tuple[float, str]:
        with ExitStack() as stack:
            try:
                own = isolate(code, step, exercise.name)
                session = stack.enter_context(sandbox.session(step, own))
            except SandboxExited:  # perhaps by another exercise's cell, which must not cost this one
                own = isolate(code, step, exercise.name, leave_out=True)
                session = stack.enter_context(sandbox.session(step, own))
            checking.check(exercise.name, lookup(session, exercise.symbol), drawn, isolated=True)
        return 1.0, ""

    first, second = (functools.partial(check, drawn) for drawn in (seed, seed + 1))
    verdict = verdict_of(exercise.name, first, sandbox, seed)
    if verdict.state != State.PASSED:
        return verdict
    again = verdict_of(exercise.name, second, sandbox, seed)
    if again.state == State.PASSED:
        return verdict
    message = (
        f"✗ {exercise.name}: right the first time, not the second, on other inputs of the same kind, so "
        f"a person will look at it. The second time: {again.message.partition(': ')[2]}"
    )
    return replace(again, state=State.FLAKY, message=message, needs_review=True)


def verdict_of(name: str, check: Callable[[], tuple[float, str]], sandbox: Sandbox, seed: int) -> Verdict:
    """Return the verdict on a check, which returns the share of the points and a remark, or raises."""
    return replace(find_verdict(name, check), seed=seed, **sandbox.used)


def find_verdict(name: str, check: Callable[[], tuple[float, str]]) -> Verdict:
    """Make a check; turn what it returns or raises into a verdict."""
    try:
        credit, remark = check()
    except NothingYet as nothing:
        return Verdict(State.UNTOUCHED, f"○ {name}: {nothing}")
    except CheckFailed as failure:
        return Verdict(State.FAILED, "\n".join(failure.lines()))
    except RemoteError as error:
        message = f"✗ {name}: your cells do not define it: {error.names[0]}: {error}"
        return Verdict(State.FAILED, "\n".join([message, *error.frames]))
    except SandboxExited as end:
        return Verdict(State.ABORTED, f"✗ {name}: {end}.", needs_review=end.is_flaky)
    except CheckAborted as end:
        return Verdict(State.ABORTED, f"✗ {name}: {end}.")
    except (OSError, EOFError):
        raise  # no sandbox could be had: that says nothing about the answer
    except Exception as error:
        LOG.exception("The hidden check of %s broke.", name)
        why = (
            f"the check itself broke on your answer ({type(error).__name__}), so a person will look at it"
        )
        return Verdict(State.FLAKY, f"✗ {name}: {why}.", needs_review=True)
    message = f"✓ {name}: {remark}" if remark else f"✓ {name}"
    return Verdict(State.PASSED if credit == 1 else State.PARTIAL, message, credit)


def judge_file(path: Path) -> Verdicts:
    """Judge a notebook file that is named after its step.

    Raises:
        ValueError: where the file cannot be read, or its name is no step's.
        SandboxUnavailable: where no sandbox can be started.
    """
    source_path(path.stem)
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} cannot be read as a notebook ({type(error).__name__}).") from error
    return judge(path.stem, cells, folder=path.parent)
