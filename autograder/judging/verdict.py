"""Judge one notebook's answers: the hidden checks here, the learner's code in a box.

A check that passes is made once more, on other inputs and in a process of its own: who was only lucky, or
right on the first call only, is right once and wrong once, and a person looks.
"""

import functools
import json
import logging
import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from autograder import hidden
from autograder.authoring import build
from autograder.judging.trained import judge_trained
from autograder.sandbox.box import Box, Ended
from autograder.sandbox.proxy import RemoteError, lookup
from detrlab.checks.alone import isolate, only_stand_ins
from detrlab.checks.outcome import BrokeOff, CheckFailed, NothingYet, printable_lines
from detrlab.steps import Cell, cell_from_json

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verdict:
    """What a check found: its state, the line that the learner sees, and the share of the points.

    The same `seed` draws the same inputs. What the learner's code used: seconds of computing and the
    largest memory of its process, in MiB.
    """

    state: str  # pass, part, fail, nothing, ended, doubt
    sentence: str
    credit: float
    needs_person: bool = False
    seed: int = 0
    cpu_seconds: float = 0.0
    megabytes: float = 0.0


@functools.cache
def secret_seed() -> int:
    """Draw the seed of this run: one for the class, so that what is right is computed once."""
    return secrets.randbits(128)


def judge(
    step: str,
    cells: list[dict],
    box: Box | None = None,
    seed: int | None = None,
    folder: Path | None = None,
) -> dict[str, Verdict]:
    """Return the verdict on each exercise of a step, from a notebook's code cells (nbformat dicts).

    The cells are never run in this process. Each exercise has a session, and so a process, of its own.
    `seed` draws the same inputs again; without it they are drawn from the secret one of this run.
    `folder` holds what else was handed in, which a trained model needs.
    """
    seed = secret_seed() if seed is None else seed
    code = [cell_from_json(cell) for cell in cells if cell.get("cell_type") == "code"]
    if box is None:
        with Box() as own:
            return judge(step, cells, own, seed, folder)
    with only_stand_ins():  # the reference is built on the same parts as the learner's step
        verdicts = {e.name: judge_one(step, e, code, box, seed) for e in build.exercises(step)}
    for product in build.products(step):
        check = functools.partial(judge_trained, product.symbol, code, folder, box, seed)
        verdicts[product.name] = in_words(product.name, check, box, seed)
    return verdicts


def judge_one(step: str, exercise: build.Exercise, code: list[Cell], box: Box, seed: int) -> Verdict:
    """Run one hidden check on what the cells define. Whatever happens in the box is a verdict."""

    def check(drawn: int) -> tuple[float, str]:
        with ExitStack() as stack:
            try:
                own = isolate(code, step, exercise.name)
                session = stack.enter_context(box.session(step, own))
            except Ended:  # perhaps by another exercise's cell, which must not cost this one
                own = isolate(code, step, exercise.name, leave_out=True)
                session = stack.enter_context(box.session(step, own))
            hidden.check(exercise.name, lookup(session, exercise.symbol), drawn)
        return 1.0, ""

    first, second = (functools.partial(check, drawn) for drawn in (seed, seed + 1))
    verdict = in_words(exercise.name, first, box, seed)
    if verdict.state != "pass":
        return verdict
    again = in_words(exercise.name, second, box, seed)
    if again.state == "pass":
        return verdict
    sentence = (
        f"✗ {exercise.name}: right the first time, not the second, on other inputs of the same kind, so "
        f"a person will look at it. The second time: {again.sentence.partition(': ')[2]}"
    )
    return replace(again, state="doubt", sentence=sentence, needs_person=True)


def in_words(name: str, check: Callable[[], tuple[float, str]], box: Box, seed: int) -> Verdict:
    """Return the verdict on a check, which returns the share of the points and a remark, or raises."""
    verdict = find_verdict(name, check)
    return replace(verdict, sentence=printable_lines(verdict.sentence), seed=seed, **box.used)


def find_verdict(name: str, check: Callable[[], tuple[float, str]]) -> Verdict:
    """Make a check; turn what it returns or raises into a verdict."""
    try:
        credit, remark = check()
    except NothingYet as nothing:
        return Verdict("nothing", f"○ {name}: {nothing}", 0.0)
    except CheckFailed as failure:
        return Verdict("fail", "\n".join(failure.lines()), 0.0)
    except RemoteError as error:
        sentence = f"✗ {name}: your cells do not define it: {error.names[0]}: {error}"
        return Verdict("fail", "\n".join([sentence, *error.frames]), 0.0)
    except Ended as end:
        return Verdict("ended", f"✗ {name}: {end}.", 0.0, needs_person=end.in_doubt)
    except BrokeOff as end:
        return Verdict("ended", f"✗ {name}: {end}.", 0.0)
    except (OSError, EOFError):
        raise  # no box could be had: that says nothing about the answer
    except Exception as error:
        LOG.exception("The hidden check of %s broke.", name)
        why = (
            f"the check itself broke on your answer ({type(error).__name__}), so a person will look at it"
        )
        return Verdict("doubt", f"✗ {name}: {why}.", 0.0, needs_person=True)
    sentence = f"✓ {name}: {remark}" if remark else f"✓ {name}"
    return Verdict("pass" if credit == 1 else "part", sentence, credit)


def judge_file(path: Path) -> dict[str, Verdict]:
    """Judge a notebook file that is named after its step. ValueError where it cannot be read."""
    build.source_path(path.stem)
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} cannot be read as a notebook ({type(error).__name__}).") from error
    return judge(path.stem, cells, folder=path.parent)
