"""Try answers to an exercise out: what its visible and its hidden check say of each, in a sandbox."""

import difflib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from autograder.authoring.exercises import Exercise, exercises_of
from autograder.authoring.known_answers import with_answer
from autograder.authoring.sources import all_steps, code_cells
from autograder.judging.judge import judge_check, judge_exercise
from autograder.judging.newer_python import with_versions
from autograder.judging.notebook_file import read_submitted, releases_of
from autograder.judging.verdict import State, Verdict
from autograder.sandbox.limits import Limits
from autograder.sandbox.process import Sandbox
from autograder.sandbox.remote import lookup
from autograder.submissions.notebook_json import python_version
from detrlab.cells.cell import Cell, cell_from_json
from detrlab.check import read_fixture
from detrlab.checks.examining import examine
from detrlab.checks.probing import find

NOTEBOOK = ".ipynb"


@dataclass(frozen=True)
class Answer:
    """An answer to try: the code cells of its step, which include it."""

    file: str
    cells: list[Cell]
    python: str = ""  # the version that saved the notebook; empty if unknown


@dataclass(frozen=True)
class Trial:
    """What one side said of one answer.

    Attributes:
        exercise: its name.
        file: the answer's path.
        side: "visible" or "hidden".
        seed: draws the inputs of the hidden check; None for the visible one, whose inputs are fixed.
        verdict: what that side said.
    """

    exercise: str
    file: str
    side: str
    seed: int | None
    verdict: Verdict

    @property
    def passed(self) -> bool:
        """Whether the answer passes."""
        return self.verdict.state == State.PASSED

    def to_json(self) -> dict[str, Any]:
        """Return the trial as plain data."""
        found = {"slip": self.verdict.slip, "case": self.verdict.case}
        said = {"state": self.verdict.state.value, "message": self.verdict.message}
        return {"file": self.file, "side": self.side, "seed": self.seed} | said | found


def find_exercise(name: str) -> tuple[str, Exercise]:
    """Return the step of an exercise, and the exercise.

    Raises:
        ValueError: if there is none of this name; the message has the name that it may stand for.
    """
    known = {exercise.name: (step, exercise) for step in all_steps() for exercise in exercises_of(step)}
    if name in known:
        return known[name]
    names = {exercise.symbol: exercise.name for _, exercise in known.values()} | {
        key: key for key in known
    }
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {names[near[0]]!r}?" if near else f"there are: {', '.join(known)}."
    raise ValueError(f"There is no exercise {name!r}; {hint}")


def read_answers(name: str, path: Path, course: Path) -> list[Answer]:
    """Read the answers to an exercise: a .py file, a notebook, or each .py file in a folder.

    The text of a .py file stands in the place of the TODO's cell, among the cells of the solution. Of a
    notebook the answer is its own cell, among its other ones.

    Args:
        name: the exercise.
        path: the file or the folder.
        course: a course folder, on whose release a notebook is rebuilt.

    Raises:
        ValueError: if there is no such exercise or file, or nothing in it that can be tried.
    """
    step, _ = find_exercise(name)
    if path.is_dir():
        files = sorted(file for file in path.rglob("*.py") if file.is_file())
        if not files:
            raise ValueError(f"There is no .py file in {path}.")
    elif path.is_file():
        files = [path]
    else:
        raise ValueError(f"There is no file and no folder {path}.")
    if path.suffix == NOTEBOOK and path.is_file():
        return [read_notebook(name, step, path, course)]
    if path.is_file() and path.suffix != ".py":
        raise ValueError(f"{path} is neither a .py file nor a notebook (.ipynb).")
    return [Answer(str(file), with_answer(code_cells(step), name, read_text(file))) for file in files]


def read_text(path: Path) -> str:
    """Return the text of a .py file.

    Raises:
        ValueError: if it is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text; save it as such.") from None


def read_notebook(name: str, step: str, path: Path, course: Path) -> Answer:
    """Read the answer in a notebook, as grading takes it in.

    Raises:
        ValueError: if the file cannot be read, or is another step's notebook.
    """
    notebooks = read_submitted(path, releases_of(course))
    if step not in notebooks:
        found = ", ".join(notebooks)
        raise ValueError(f"{path} is a notebook of {found}; the exercise {name!r} is one of {step}.")
    notebook = notebooks[step]
    code = [cell_from_json(cell) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return Answer(str(path), code, python_version(notebook))


def try_answers(name: str, path: Path, course: Path, seeds: int) -> list[Trial]:
    """Try the answers in a file or folder out; return what each side says of each.

    Args:
        name: the exercise.
        path: as of `read_answers`.
        course: a course folder, on whose release a notebook is rebuilt.
        seeds: how many times the inputs of the hidden check are drawn: from 0, 1, 2, ...

    Raises:
        ValueError, OSError: as `read_answers`.
        SandboxUnavailable: if no sandbox can be started.
    """
    answers, console = read_answers(name, path, course), Console(stderr=True)
    steps = track(answers, "Trying", console=console, transient=True, disable=not console.is_terminal)
    with Sandbox(Limits(total_seconds=math.inf)) as sandbox:
        return [trial for answer in steps for trial in try_answer(name, answer, seeds, sandbox)]


def try_answer(name: str, answer: Answer, seeds: int, sandbox: Sandbox) -> Iterator[Trial]:
    """Yield what the visible check says of an answer, then what the hidden one says for each seed."""
    step, exercise = find_exercise(name)

    def trial(side: str, seed: int | None, verdict: Verdict) -> Trial:
        verdicts = with_versions({name: verdict}, answer.cells, answer.python)
        return Trial(name, answer.file, side, seed, verdicts[name])

    yield trial("visible", None, judge_visibly(step, exercise, answer.cells, sandbox))
    for seed in range(seeds):
        yield trial("hidden", seed, judge_exercise(step, exercise, answer.cells, sandbox, seed))


def judge_visibly(step: str, exercise: Exercise, code: list[Cell], sandbox: Sandbox) -> Verdict:
    """Run the visible check of an exercise on code cells in a sandbox, with the fixture's inputs."""

    def check() -> tuple[float, str]:
        cases, right, known = read_fixture(exercise.name)
        with sandbox.session(step, code) as session:
            learner = lookup(session, exercise.symbol)
            examine(find(exercise.name), learner, cases, right, known)
        return 1.0, ""

    return judge_check(exercise.name, check, sandbox)


def agree(trials: list[Trial]) -> bool:
    """Return whether both sides say the same of every file, for every seed: it passes, or does not."""
    sides: dict[str, set[bool]] = {}
    for trial in trials:
        sides.setdefault(trial.file, set()).add(trial.passed)
    return all(len(passed) == 1 for passed in sides.values())
