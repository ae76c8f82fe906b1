"""The commands for authors, which build the course."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.help import example
from autograder.commands.options import NoIsolation, disable_sandbox
from autograder.workspace.paths import default_course

author = typer.Typer()
command = partial(author.command, rich_help_panel="For authors of the course")
WRONG_USE = 2  # the exit code
Names = Annotated[list[str] | None, typer.Argument(help="Which; all where none is named.")]


@command("notebooks", epilog=example("notebooks"))
def write_notebooks() -> None:
    """Build the student notebooks, into notebooks/week1."""
    from autograder.authoring.release import build_notebooks

    print("Built " + ", ".join(path.stem for path in build_notebooks()) + ".")


@command("fixtures", epilog=example("fixtures"))
def write_fixtures() -> None:
    """Compute the numbers that the visible checks compare with, into data/checks."""
    from autograder.hidden.fixtures import write_all

    print(f"Wrote {len(write_all())} files to data/checks; the others are as they were.")


@command("solutions", epilog=example("solutions", "solutions 03_encoder 04_decoder"))
def execute_solutions(steps: Names = None) -> None:
    """Execute the solutions into notebooks with outputs, and draw the README's picture."""
    from autograder.authoring.execution import execute_all
    from autograder.authoring.pictures import draw_detections

    print("Executed " + ", ".join(path.stem for path in execute_all(steps or None)) + ".")
    print(f"Drew {draw_detections().relative_to(Path.cwd())}.")


@command("answers", epilog=example("answers 03_encoder"))
def try_answers(step: Annotated[str, typer.Argument(help="Like 03_encoder.")]) -> None:
    """Compute a step's fixtures, and print what both checks say to every known answer to it."""
    from autograder.hidden.known_verdicts import print_verdicts

    raise typer.Exit(int(print_verdicts(step) > 0))


@command(
    "try",
    epilog=example(
        "try encoder_layer answer.py",
        "try encoder_layer answers --seeds 20 --json",
        "try heads 05_heads.ipynb",
    ),
)
def try_out(
    exercise: Annotated[str, typer.Argument(help="Like encoder_layer.")],
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE_OR_FOLDER", help="A .py file, a notebook, or a folder of .py files."
        ),
    ],
    seeds: Annotated[
        int, typer.Option(min=1, help="How many times inputs of the hidden check are drawn.")
    ] = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON list instead of a table.")
    ] = False,
    no_isolation: NoIsolation = False,
) -> None:
    """Say of answers what the visible and the hidden check say; exit with 1 if the two do not agree.

    A .py file stands in the place of the TODO's cell. The exit code is 2 if nothing could be tried.
    """
    from autograder.judging.trial import agree, try_answers
    from autograder.reports.console import print_trials

    disable_sandbox(no_isolation)
    try:
        trials = try_answers(exercise, path, default_course(), seeds)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(WRONG_USE) from None
    if as_json:
        print(json.dumps([trial.to_json() for trial in trials], indent=1, ensure_ascii=False))
    else:
        print_trials(trials)
    raise typer.Exit(int(not agree(trials)))


@command("drawings", epilog=example("drawings"))
def draw_drawings() -> None:
    """Draw data/voc_sample, a few scenes in the format of Pascal VOC."""
    from autograder.authoring.voc_sample import draw_sample

    draw_sample()


@command("runs", epilog=example("runs", "runs default short"))
def train_runs(names: Names = None) -> None:
    """Make the trainings that ship in data/runs, and the trained model: hours."""
    from autograder.trainings.runs import SETTINGS, train_run

    for name in names or SETTINGS:
        record = train_run(name)
        print(f"{name}: {record['measures'][-1]}, {record['cpu_seconds']} CPU s, {record['seconds']} s")


@command("bench", epilog=example("bench"))
def time_recipes() -> None:
    """Time the course's training recipe beside the plain one."""
    from autograder.trainings.benchmark import compare_recipes

    compare_recipes()
