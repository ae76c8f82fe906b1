"""Judge one notebook's answers: the hidden checks here, the learner's code in a box."""

import functools
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder import build, hidden
from autograder.box import SECONDS, Box
from autograder.proxy import RemoteError, lookup
from autograder.trained import judge_trained
from detrlab.alone import isolate, only_stand_ins
from detrlab.outcome import BrokeOff, CheckFailed, NothingYet
from detrlab.steps import Cell, cell_from_json


@dataclass(frozen=True)
class Verdict:
    """What a check found: its state, the line that the learner sees, and the share of the points."""

    state: str  # pass, part, fail, nothing, ended
    sentence: str
    credit: float


@functools.cache
def secret_seed() -> int:
    """Draw the seed of this run: one for the class, so that what is right is computed once."""
    return secrets.randbits(32)


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
    code = [cell_from_json(cell) for cell in cells if cell["cell_type"] == "code"]
    if box is None:
        with Box() as own:
            return judge(step, cells, own, seed, folder)
    with only_stand_ins():  # the reference is built on the same parts as the learner's step
        verdicts = {e.name: judge_one(step, e, code, box, seed) for e in build.exercises(step)}
    for product in build.products(step):
        verdicts[product.name] = in_words(
            product.name, functools.partial(judge_trained, product.symbol, code, folder, box, seed)
        )
    return verdicts


def judge_one(
    step: str,
    exercise: build.Exercise,
    code: list[Cell],
    box: Box,
    seed: int,
    seconds: float = SECONDS,
) -> Verdict:
    """Run one hidden check on what the cells define. Whatever happens in the box is a verdict."""

    def check() -> tuple[float, str]:
        with box.session(step, isolate(code, step, exercise.name), seconds) as session:
            hidden.check(exercise.name, lookup(session, exercise.symbol), seed)
        return 1.0, ""

    return in_words(exercise.name, check)


def in_words(name: str, check: Callable[[], tuple[float, str]]) -> Verdict:
    """Return the verdict on a check, which returns the share of the points and a remark, or raises."""
    try:
        credit, remark = check()
    except NothingYet as nothing:
        return Verdict("nothing", f"○ {name}: {nothing}", 0.0)
    except CheckFailed as failure:
        return Verdict("fail", "\n".join(failure.lines()), 0.0)
    except RemoteError as error:
        sentence = f"✗ {name}: your cells do not define it: {error.names[0]}: {error}"
        return Verdict("fail", "\n".join([sentence, *error.frames]), 0.0)
    except BrokeOff as end:
        return Verdict("ended", f"✗ {name}: {end}.", 0.0)
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
