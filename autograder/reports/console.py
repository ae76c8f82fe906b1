"""Show the results of a class on a terminal."""

from collections.abc import Iterable
from itertools import groupby

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.judging.trial import Trial
from autograder.reports.results import StepResult

LONGEST_LINE = 2000  # characters of a row in a pipe or a file


def results_table(results: Iterable[StepResult]) -> Table:
    """Return a table of students by steps with the points, and the first message for each student.

    A step's column is headed by its number and maximum points only, so that a week fits on a screen.
    """
    by_student: dict[str, dict[str, StepResult]] = {}
    for result in results:
        by_student.setdefault(result.student, {})[result.step] = result
    maxima = {step: row.max_score for steps in by_student.values() for step, row in steps.items() if step}
    table = Table("student", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for step in sorted(maxima):
        table.add_column(f"{step[:2]}\n/{maxima[step]:g}", justify="right", no_wrap=True)
    table.add_column("by\nhand", justify="right")
    table.add_column("first feedback", min_width=30)
    for student, steps in by_student.items():
        scores = [points(steps[step]) if step in steps else "" for step in sorted(maxima)]
        reviews = sum(row.needs_review for row in steps.values())
        first = next((remark for row in steps.values() for remark in row.remarks), "✓")
        table.add_row(student, *scores, str(reviews or ""), Text(first))
    return table


def points(row: StepResult) -> str:
    """Format a score; a dash means that nothing could be graded."""
    return "–" if row.score is None else f"{row.score:g}"


def print_trials(trials: Iterable[Trial]) -> None:
    """Print what both sides said of each answer; where nobody looks, a line holds a row of any length."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=LONGEST_LINE)
    console.print(trials_table(trials, console.width))


def trials_table(trials: Iterable[Trial], width: int) -> Table:
    """Return a table of what both sides said of each answer; seeds with the same verdict share a row.

    Args:
        trials: by file and side.
        width: of the terminal, in characters.
    """
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("file", overflow="fold", max_width=width // 4)
    for name in ("side", "", "state", "case"):
        table.add_column(name, no_wrap=True)
    table.add_column("slip: message")

    def alike(trial: Trial) -> tuple[str, str, tuple[str, ...]]:
        return trial.file, trial.side, cells_of(trial)

    for (file, side, cells), group in groupby(trials, alike):
        seeds = [str(trial.seed) for trial in group if trial.seed is not None]
        span = "-".join(dict.fromkeys([*seeds[:1], *seeds[-1:]]))
        table.add_row(Text(file), f"{side} {span}".strip(), *map(Text, cells))
    return table


def cells_of(trial: Trial) -> tuple[str, ...]:
    """Return the sign, the state and the case of a verdict, and its slip, message and reason."""
    verdict = trial.verdict
    sign, _, message = verdict.headline.partition(" ")
    message = message.removeprefix(trial.exercise).removeprefix(": ")
    why = f"({verdict.why})" if verdict.why else ""
    case = "" if verdict.case is None else str(verdict.case)
    slip = f"{verdict.slip}:" if verdict.slip else ""
    return sign, verdict.state.value, case, " ".join(filter(None, (slip, message, why)))
