"""Judge the answers in one notebook: the hidden checks run here, the learner's code in a sandbox.

A check that passes is repeated on other inputs, in a process of its own. An answer that passes only the
first time, by luck or because it answers only the first call correctly, is flaky and needs review.
"""

import functools
import logging
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from autograder.authoring.exercises import Exercise, artifacts_of, exercises_of
from autograder.hidden import checking
from autograder.judging.answers import with_answers
from autograder.judging.newer_python import with_versions
from autograder.judging.trained_model import (
    PARTS,
    NeedsReview,
    judge_trained_model,
    submitted_notebooks,
)
from autograder.judging.verdict import State, Verdict, Verdicts
from autograder.sandbox.process import Sandbox, SandboxExited
from autograder.sandbox.remote import RemoteError, lookup
from autograder.submissions.notebook_json import python_version
from autograder.submissions.rebuild import Notebook
from detrlab.cells.cell import Cell, cell_from_json
from detrlab.cells.isolation import names_beside, without_other_answers
from detrlab.checkpoint import TRAINED_IN
from detrlab.checks.errors import CheckAborted, CheckFailed, NothingYet
from detrlab.display import masked

LOG = logging.getLogger(__name__)


@functools.cache
def process_seed() -> int:
    """Draw a seed once for this process, so that the reference's outcomes are computed once, too."""
    return secrets.randbits(128)


def judge(
    step: str,
    notebook: Notebook,
    sandbox: Sandbox | None = None,
    seed: int | None = None,
    folder: Path | None = None,
) -> Verdicts:
    """Return the verdict on each exercise and artifact of a step.

    Args:
        step: its name, like "03_encoder".
        notebook: its code cells, as nbformat has them, and its metadata; nothing is run in this process.
        sandbox: where they run, each exercise in a session and so in a process of its own; without
            one, a sandbox is started for this call.
        seed: draws the inputs; a secret one if none is given.
        folder: holds the student's submitted files, which a trained model is judged with.

    Raises:
        SandboxUnavailable: if no sandbox can be started.
        NotStarted: if a sandbox that has worked does not start again.
    """
    seed = process_seed() if seed is None else seed
    code = [cell_from_json(cell) for cell in notebook["cells"] if cell.get("cell_type") == "code"]
    if sandbox is None:
        with Sandbox() as new_sandbox:
            return judge(step, notebook, new_sandbox, seed, folder)
    verdicts = {
        exercise.name: judge_exercise(step, exercise, code, sandbox, seed)
        for exercise in exercises_of(step)
    }
    for artifact in artifacts_of(step):
        verdicts[artifact.name] = judge_artifact(artifact, code, folder, sandbox, seed)
    return with_answers(with_versions(verdicts, code, python_version(notebook)), code)


def judge_exercise(
    step: str, exercise: Exercise, code: list[Cell], sandbox: Sandbox, seed: int
) -> Verdict:
    """Judge one exercise; whatever happens in the sandbox is a verdict.

    First as in the notebook, beside the student's other answers: what passes there passes here. If it
    does not, with stand-ins in their place: a mistake costs its own exercise, and no other. What passes
    once and fails once gets no further try.
    """
    verdict = judge_twice(step, exercise, code, sandbox, seed, isolated=False)
    if verdict.state in (State.PASSED, State.FLAKY) or not names_beside(step, exercise.symbol):
        return verdict
    return judge_twice(step, exercise, code, sandbox, seed, isolated=True)


def judge_twice(
    step: str, exercise: Exercise, code: list[Cell], sandbox: Sandbox, seed: int, isolated: bool
) -> Verdict:
    """Run one hidden check; if it passes, once more on other inputs and in a process of its own."""
    stand_ins = names_beside(step, exercise.symbol) if isolated else []

    def check(draw: int) -> tuple[float, str]:
        with ExitStack() as stack:
            try:
                session = stack.enter_context(sandbox.session(step, code, stand_ins=stand_ins))
            except SandboxExited:
                if not isolated:
                    raise
                # Maybe the cell of another exercise ended it, so leave that out.
                cells = without_other_answers(code, exercise.name)
                session = stack.enter_context(sandbox.session(step, cells, stand_ins=stand_ins))
            checking.check(exercise.name, lookup(session, exercise.symbol), seed, draw, isolated)
        return 1.0, ""

    first, second = (functools.partial(check, draw) for draw in (0, 1))
    verdict = judge_check(exercise.name, first, sandbox)
    if verdict.state != State.PASSED:
        return verdict
    again = judge_check(exercise.name, second, sandbox)
    if again.state == State.PASSED:
        return verdict
    what_failed = again.message.removeprefix("✗ ").removeprefix(f"{exercise.name}: ")
    message = (
        f"✗ {exercise.name}: right the first time, not the second, on other inputs of the same kind, so "
        f"a person will look at it. The second time: {what_failed}"
    )
    return replace(again, state=State.FLAKY, message=message, needs_review=True)


def judge_artifact(
    artifact: Exercise, code: list[Cell], folder: Path | None, sandbox: Sandbox, seed: int
) -> Verdict:
    """Judge a trained model; a person looks where its class does not pass the check of its own step."""
    check = functools.partial(judge_trained_model, artifact.symbol, code, folder, sandbox, seed)
    verdict = judge_check(artifact.name, check, sandbox)
    if folder is None or not verdict.credit:
        return verdict
    step, reason = PARTS[-1], ""
    cells = submitted_notebooks(folder).get(step)
    if cells is None:
        reason = f"{step} was not handed in"
    else:
        check = functools.partial(check_class, artifact.symbol, code, {step: cells}, sandbox, seed)
        if find_verdict(artifact.name, check).state != State.PASSED:
            reason = f"its class does not pass the check of {step}"
    if not reason:
        return verdict
    message = f"{verdict.message}; a person will look at it, since {reason}"
    return replace(verdict, message=message, needs_review=True)


def check_class(
    symbol: str, code: list[Cell], defined_in: dict[str, list[Cell]], sandbox: Sandbox, seed: int
) -> tuple[float, str]:
    """Run the hidden check of a DETR on the class that a trained model belongs to.

    As where that check belongs, stand-ins take the places of the steps before.

    Args:
        symbol: the name of the class in the notebook that trains.
        code: the code cells of that notebook.
        defined_in: those of the notebook that it comes from, by step.
        sandbox: where the class runs.
        seed: the course's, from which the inputs are drawn.
    """
    [exercise] = [exercise for step in defined_in for exercise in exercises_of(step)]
    with sandbox.session(TRAINED_IN, code, others=defined_in) as session:
        checking.check(exercise.name, lookup(session, symbol), seed)
    return 1.0, ""


def judge_check(name: str, check: Callable[[], tuple[float, str]], sandbox: Sandbox) -> Verdict:
    """Run a check and return the verdict, with what the session used.

    Args:
        name: the exercise.
        check: returns the share of the points (0 to 1) and a remark, or raises.
        sandbox: where the check runs the learner's code.
    """
    return replace(find_verdict(name, check), **sandbox.usage)


def find_verdict(name: str, check: Callable[[], tuple[float, str]]) -> Verdict:
    """Run a check; turn what it returns or raises into a verdict.

    Raises:
        OSError, EOFError: if no sandbox is available, which is no verdict on the answer.
    """
    try:
        credit, remark = check()
    except NothingYet as nothing:
        return Verdict(State.UNTOUCHED, f"○ {name}: {nothing}")
    except NeedsReview as failure:
        return Verdict(State.FAILED, "\n".join(failure.lines()), needs_review=True)
    except CheckFailed as failure:
        message = "\n".join(failure.lines())
        return Verdict(State.FAILED, message, slip=failure.slip, case=failure.case, why=failure.why)
    except RemoteError as error:
        message = f"✗ {name}: your cells do not define it: {error.names[0]}: {error}"
        lines = map(masked, [message, *error.frames])
        return Verdict(State.FAILED, "\n".join(lines))
    except SandboxExited as error:
        return Verdict(State.ABORTED, f"✗ {name}: {error}.", needs_review=error.is_flaky)
    except CheckAborted as error:
        return Verdict(State.ABORTED, f"✗ {name}: {error}.")
    except (OSError, EOFError):
        raise
    except Exception as error:
        LOG.exception("The hidden check of %s broke.", name)
        reason = (
            f"the check itself broke on your answer ({type(error).__name__}), so a person will look at it"
        )
        return Verdict(State.FLAKY, f"✗ {name}: {reason}.", needs_review=True)
    message = f"✓ {name}: {remark}" if remark else f"✓ {name}"
    return Verdict(State.PASSED if credit == 1 else State.PARTIAL, message, credit)
