"""The instructor's and the author's commands: `python -m autograder` lists them."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from autograder.workspace.paths import default_course

INSTRUCTOR, AUTHOR = "For the instructor", "For authors of the course"
INTERRUPTED = 130  # the exit code of a command that Ctrl+C ends
app = typer.Typer(
    name="python -m autograder",
    help="Grade a class, and build what it gets. DETR_COURSE=FOLDER in front names another course.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
Table = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file.")]
NoIsolation = Annotated[
    bool, typer.Option("--no-isolation", help="Run code without a sandbox: for files of your own only.")
]


def example(*lines: str) -> str:
    """Return an epilog with examples of a command."""
    return "**For example:**\n\n" + "\n\n".join(f"`python -m autograder {line}`" for line in lines)


def trust(no_isolation: bool) -> None:
    """Switch the sandbox off, in an environment variable, so that workers see it too."""
    if no_isolation:
        from autograder.sandbox.availability import SETTING

        os.environ[SETTING] = "1"


@app.command("bundle", rich_help_panel=INSTRUCTOR, epilog=example("bundle"))
def zip_bundle() -> None:
    """Zip what students get, into dist."""
    from autograder.authoring.bundle import make_bundle

    print(f"Wrote {make_bundle().relative_to(Path.cwd())}.")


@app.command("release", rich_help_panel=INSTRUCTOR, epilog=example("release"))
def release_course() -> None:
    """Build the release for students in the course folder, as nbgrader needs it for grading."""
    from autograder.authoring.release import make_release

    print(f"The release lies in {make_release(default_course())}.")


@app.command("roster", rich_help_panel=INSTRUCTOR, epilog=example("roster students.csv"))
def enter_roster(table: Table) -> None:
    """Enter the students that a CSV file lists into the gradebook, with names and addresses."""
    from autograder.reports.roster import import_roster

    number = import_roster(table, default_course())
    print(f"{number} students are in the gradebook as {table.name} has them.")


@app.command("deadlines", rich_help_panel=INSTRUCTOR, epilog=example("deadlines due.csv"))
def enter_deadlines(table: Table) -> None:
    """Enter when each step is due, from a CSV file with the columns step and due."""
    from autograder.reports.roster import import_deadlines

    print(f"{import_deadlines(table, default_course())} deadlines are in the gradebook.")


@app.command("times", rich_help_panel=INSTRUCTOR, epilog=example("times late.csv"))
def enter_times(table: Table) -> None:
    """Note when students submitted, from a CSV file with the columns student, time and perhaps step."""
    from autograder.reports.roster import import_times

    made, lost = import_times(table, default_course())
    print(f"Noted the time of {made} submissions; grade again for what it costs.")
    if lost:
        print("Handed in nothing that is here: " + ", ".join(lost) + ".")


@app.command(
    "grade",
    rich_help_panel=INSTRUCTOR,
    epilog=example(
        "grade inbox", "grade inbox --processes 4", "grade inbox --scheduler tls://10.0.0.1:8786"
    ),
)
def grade_inbox(
    folder: Annotated[Path, typer.Argument(help="Holds one folder or zip for each student.")],
    processes: Annotated[
        int, typer.Option(help="How many processes of this machine judge; one for each core by default.")
    ] = os.cpu_count() or 1,
    scheduler: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Of a Dask scheduler whose workers judge instead.")
    ] = "",
    no_isolation: NoIsolation = False,
) -> None:
    """Take in what lies in a folder (one folder or zip a student), grade it, write all that follows."""
    from rich.console import Console

    from autograder.gradebook.grade import grade
    from autograder.gradebook.queries import platform_numbers
    from autograder.reports.class_report import write_class_report
    from autograder.reports.console import results_table
    from autograder.reports.feedback import write_feedback
    from autograder.reports.results import read_results, write_scores
    from autograder.sandbox.doctor import require_safety
    from autograder.submissions.intake import collect

    trust(no_isolation)
    console, course = Console(), default_course()
    with console.status("Trying the sandbox from inside ..."):
        require_safety(course)
    for record in collect(folder, course, platform_numbers(course)):
        if record.reason:
            line = f"{record.student}: {record.file} {record.reason}"
            console.print(line, soft_wrap=True, markup=False)
    for graded in grade(course, processes=processes, scheduler=scheduler):
        if graded.problem:
            line = f"{graded.student}, {graded.step}: {graded.problem}"
            console.print(line, soft_wrap=True, markup=False)
    results = read_results(course)
    console.print(results_table(results.results))
    report = write_class_report(results, course / "report.html")
    scores = write_scores(results.results, course / "scores.csv")
    console.print(f"Report: {report}", f"Scores: {scores}", sep="\n", soft_wrap=True)
    console.print(f"Feedback pages: {write_feedback(course, processes)}", soft_wrap=True)


@app.command("report", rich_help_panel=INSTRUCTOR, epilog=example("report", "report --unfinished"))
def write_reports(
    unfinished: Annotated[
        bool,
        typer.Option(
            "--unfinished", help="Write scores for platforms also where a person has still to look."
        ),
    ] = False,
) -> None:
    """Write all that follows from the gradebook anew: report, tables for platforms, feedback pages."""
    from autograder.gradebook.writer import set_penalties
    from autograder.reports.class_report import write_class_report
    from autograder.reports.feedback import write_feedback
    from autograder.reports.platforms import export
    from autograder.reports.results import read_results, write_scores

    course = default_course()
    set_penalties(course)
    results = read_results(course)
    tables, lost = export(results, unfinished)
    paths = [write_class_report(results, course / "report.html")]
    paths += [write_scores(results.results, course / "scores.csv"), *tables]
    print("Wrote " + ", ".join(map(str, paths)) + ".")
    if lost:
        print("Not in moodle.csv, for want of an email address: " + ", ".join(lost) + ".")
    print(f"Feedback pages: {write_feedback(course, os.cpu_count() or 1)}")


@app.command("check", rich_help_panel=INSTRUCTOR, epilog=example("check inbox/ada/03_encoder.ipynb"))
def check_notebook(
    notebook: Annotated[Path, typer.Argument(help="A notebook of the week, under its own name.")],
    no_isolation: NoIsolation = False,
) -> None:
    """Run the hidden checks on one notebook file; the exit code is 1 unless all pass."""
    from autograder.judging.judge import judge_file
    from autograder.judging.verdict import State

    trust(no_isolation)
    verdicts = judge_file(notebook)
    print("\n".join(verdict.message for verdict in verdicts.values()))
    raise typer.Exit(int(any(verdict.state != State.PASSED for verdict in verdicts.values())))


@app.command("doctor", rich_help_panel=INSTRUCTOR, epilog=example("doctor"))
def examine_sandbox() -> None:
    """Try from inside a sandbox what must be impossible there; exit with 1 where it is not."""
    from autograder.sandbox.doctor import examine, problems

    results = examine(default_course())
    for result in results:
        print(f"{'POSSIBLE' if result.possible else 'refused '}  {result.would}: {result.ended}")
    print("\n".join(problems(results)) or "Submissions can be locked in here.")
    raise typer.Exit(int(any(result.possible for result in results)))


@app.command("demo", rich_help_panel=INSTRUCTOR, epilog=example("demo"))
def run_demo(no_isolation: NoIsolation = False) -> None:
    """Grade a demo class with nbgrader, from submitting to feedback pages and a CSV."""
    from autograder.demo import demo
    from autograder.sandbox.availability import find_obstacle, is_enabled

    trust(no_isolation)
    if is_enabled() and (obstacle := find_obstacle()):
        print(f"{obstacle} The demo's class is made up here, so it is graded without a sandbox.")
        trust(True)
    demo(default_course() / "demo", processes=os.cpu_count() or 1)


@app.command("notebooks", rich_help_panel=AUTHOR, epilog=example("notebooks"))
def write_notebooks() -> None:
    """Build the student notebooks, into notebooks/week1."""
    from autograder.authoring.release import build_notebooks

    print("Built " + ", ".join(path.stem for path in build_notebooks()) + ".")


@app.command("fixtures", rich_help_panel=AUTHOR, epilog=example("fixtures"))
def write_fixtures() -> None:
    """Compute the numbers that the visible checks compare with, into data/checks."""
    from autograder.hidden.fixtures import write_all

    print(f"Wrote {len(write_all())} files to data/checks; the others are as they were.")


@app.command(
    "solutions", rich_help_panel=AUTHOR, epilog=example("solutions", "solutions 03_encoder 04_decoder")
)
def execute_solutions(
    steps: Annotated[
        list[str] | None, typer.Argument(help="Like 03_encoder; all where none is named.")
    ] = None,
) -> None:
    """Execute the solutions into notebooks with outputs, and draw the README's picture."""
    from autograder.authoring.execution import execute_all
    from autograder.authoring.pictures import draw_detections

    print("Executed " + ", ".join(path.stem for path in execute_all(steps or None)) + ".")
    print(f"Drew {draw_detections().relative_to(Path.cwd())}.")


@app.command("answers", rich_help_panel=AUTHOR, epilog=example("answers 03_encoder"))
def try_answers(step: Annotated[str, typer.Argument(help="Like 03_encoder.")]) -> None:
    """Compute a step's fixtures, and print what both checks say to every known answer to it."""
    from autograder.hidden.known_verdicts import print_verdicts

    raise typer.Exit(int(print_verdicts(step) > 0))


@app.command("runs", rich_help_panel=AUTHOR, epilog=example("runs", "runs default short"))
def train_runs(
    names: Annotated[
        list[str] | None, typer.Argument(help="Like default; all where none is named.")
    ] = None,
) -> None:
    """Make the trainings that ship in data/runs, and the trained model: hours."""
    from autograder.trainings.runs import SETTINGS, train_run

    for name in names or SETTINGS:
        record = train_run(name)
        print(f"{name}: {record['measures'][-1]}, {record['cpu_seconds']} CPU s, {record['seconds']} s")


@app.command("bench", rich_help_panel=AUTHOR, epilog=example("bench"))
def time_recipes() -> None:
    """Time the course's training recipe beside the plain one."""
    from autograder.trainings.benchmark import compare_recipes

    compare_recipes()


def main() -> int:
    """Run the command that the command line names; say in one sentence what stops it."""
    from autograder.workspace.run_lock import AGAIN, explain_stops

    try:
        with explain_stops():
            app()
    except SystemExit as end:
        if end.code == INTERRUPTED:
            print(f"Stopped. {AGAIN}", file=sys.stderr)
        return int(end.code or 0)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
