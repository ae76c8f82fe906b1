"""The commands for instructors, from the bundle for students to the reports on a class."""

import os
import sys
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.help import example
from autograder.commands.options import NoIsolation, disable_sandbox
from autograder.workspace.paths import default_course

instructor = typer.Typer()
command = partial(instructor.command, rich_help_panel="For the instructor")
Table = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file.")]
Inbox = Annotated[Path, typer.Argument(help="Holds one folder or zip for each student, or is an export.")]


class Platform(StrEnum):
    """The learning platforms whose exports are read, and a class that was packed by hand."""

    CANVAS = "canvas"
    MOODLE = "moodle"
    BLACKBOARD = "blackboard"
    BRIGHTSPACE = "brightspace"
    FOLDERS = "folders"


Export = Annotated[
    Platform | None,
    typer.Option(
        help="Read everything as this platform's export of a class, or as folders of its students."
    ),
]


def question_in_a_terminal() -> Callable[[str, str, str], bool] | None:
    """Return what asks whether something is the export of a class; None where nobody can answer."""
    if not sys.stdin.isatty():
        return None

    def ask(upload: str, platform: str, people: str) -> bool:
        what = f"is named as {platform} names files" if platform else "holds a folder each"
        return typer.confirm(f"{upload} {what} of {people}. Is it the class's?", err=True)

    return ask


@command("bundle", epilog=example("bundle"))
def zip_bundle() -> None:
    """Zip what students get, into dist."""
    from autograder.authoring.bundle import make_bundle

    print(f"Wrote {make_bundle().relative_to(Path.cwd())}.")


@command("release", epilog=example("release"))
def release_course() -> None:
    """Build the release for students in the course folder, as nbgrader needs it for grading."""
    from autograder.authoring.release import make_release

    print(f"The release lies in {make_release(default_course())}.")


@command("roster", epilog=example("roster students.csv"))
def enter_roster(table: Table) -> None:
    """Enter the students that a CSV file lists into the gradebook, with names and addresses."""
    from autograder.reports.roster import import_roster

    number, left_out = import_roster(table, default_course())
    print(f"{number} students are in the gradebook as {table.name} has them.")
    if left_out:
        print(f"Left out, as no student's: {', '.join(left_out)}.")


@command("deadlines", epilog=example("deadlines due.csv"))
def enter_deadlines(table: Table) -> None:
    """Enter when each step is due, from a CSV file with the columns step and due."""
    from autograder.reports.roster import import_deadlines

    print(f"{import_deadlines(table, default_course())} deadlines are in the gradebook.")


@command("times", epilog=example("times late.csv"))
def enter_times(table: Table) -> None:
    """Note when students submitted, from a CSV file with the columns student, time and perhaps step."""
    from autograder.reports.roster import import_times

    count, missing = import_times(table, default_course())
    print(f"Noted the time of {count} submissions; grade again for what it costs.")
    if missing:
        print("Handed in nothing that is here: " + ", ".join(missing) + ".")


@command(
    "grade",
    epilog=example(
        "grade inbox", "grade inbox --processes 4", "grade inbox --scheduler tls://10.0.0.1:8786"
    ),
)
def grade_inbox(
    folder: Inbox,
    processes: Annotated[
        int, typer.Option(help="How many processes of this machine judge; one for each core by default.")
    ] = os.cpu_count() or 1,
    scheduler: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Of a Dask scheduler whose workers judge instead.")
    ] = "",
    export: Export = None,
    no_isolation: NoIsolation = False,
) -> None:
    """Take in what lies in a folder (one folder or zip a student), grade it, write all that follows."""
    from rich.console import Console

    from autograder.gradebook.grade import grade
    from autograder.gradebook.queries import read_roster
    from autograder.reports.class_report import write_class_report
    from autograder.reports.console import results_table
    from autograder.reports.feedback import write_feedback
    from autograder.reports.intake_table import open_rows
    from autograder.reports.results import read_results, write_scores
    from autograder.sandbox.doctor import require_safety
    from autograder.submissions.intake import collect

    disable_sandbox(no_isolation)
    console, course = Console(), default_course()
    with console.status("Trying the sandbox from inside ..."):
        require_safety(course)
    platform, ask = export.value if export else "", question_in_a_terminal()
    for row in open_rows(collect(folder, course, read_roster(course), platform, ask)):
        print(f"{row.student or 'Of nobody'}: {row.path} {row.reason}")
    for graded in grade(course, processes=processes, scheduler=scheduler):
        if graded.problem:
            print(f"{graded.student}, {graded.step}: {graded.problem}")
    results = read_results(course)
    console.print(results_table(results.results))
    report, scores = write_class_report(results), write_scores(results)
    print(f"Report: {report}\nScores: {scores}\nFeedback pages: {write_feedback(course, processes)}")
    if results.sandbox_warning:
        print(results.sandbox_warning)


@command("intake", epilog=example("intake inbox --dry-run", "intake inbox --dry-run --json > files.json"))
def take_in(
    inbox: Inbox,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing: show what would become of each file.")
    ] = False,
    in_json: Annotated[
        bool, typer.Option("--json", help="Print a list with path, student, step, outcome and reason.")
    ] = False,
    export: Export = None,
) -> None:
    """Show for each file of an inbox whose it is, which step and why, and take it in without grading."""
    from rich.console import Console

    from autograder.gradebook.queries import read_roster
    from autograder.reports.intake_table import as_json, intake_table, rows_of
    from autograder.submissions.intake import collect, preview

    course, platform = default_course(), export.value if export else ""
    take = preview if dry_run else collect
    records = take(inbox, course, read_roster(course), platform, question_in_a_terminal())
    rows = rows_of(records)
    if in_json:
        print(as_json(rows))
    else:
        Console().print(intake_table(rows))


@command("report", epilog=example("report", "report --unfinished"))
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
    tables, missing = export(results, unfinished)
    paths = [write_class_report(results), write_scores(results), *tables]
    print("Wrote " + ", ".join(map(str, paths)) + ".")
    if missing:
        print("Not in moodle.csv, for want of an email address: " + ", ".join(missing) + ".")
    print(f"Feedback pages: {write_feedback(course, os.cpu_count() or 1)}")
    if results.sandbox_warning:
        print(results.sandbox_warning)


@command("check", epilog=example("check inbox/ada/03_encoder.ipynb"))
def check_notebook(
    notebook: Annotated[Path, typer.Argument(help="A notebook of the week, as a student sent it.")],
    no_isolation: NoIsolation = False,
) -> None:
    """Run the hidden checks on one notebook file, as `grade` does; the exit code is 1 unless all pass."""
    from autograder.judging.notebook_file import judge_file
    from autograder.judging.verdict import State

    disable_sandbox(no_isolation)
    verdicts = judge_file(notebook, default_course())
    print("\n".join(verdict.message for verdict in verdicts.values()))
    raise typer.Exit(int(any(verdict.state != State.PASSED for verdict in verdicts.values())))


@command("doctor", epilog=example("doctor"))
def examine_sandbox() -> None:
    """Try from inside a sandbox what must be impossible there; exit with 1 where it is not."""
    from autograder.sandbox.doctor import examine, problems

    results = examine(default_course())
    for result in results:
        print(f"{'POSSIBLE' if result.possible else 'refused '}  {result.action}: {result.outcome}")
    print("\n".join(problems(results)) or "Submissions can be locked in here.")
    raise typer.Exit(int(any(result.possible for result in results)))


@command("demo", epilog=example("demo"))
def run_demo(no_isolation: NoIsolation = False) -> None:
    """Grade a demo class with nbgrader, from submitting to feedback pages and a CSV."""
    from autograder.demo import demo
    from autograder.sandbox.availability import find_obstacle, is_enabled

    disable_sandbox(no_isolation)
    if is_enabled() and (obstacle := find_obstacle()):
        print(f"{obstacle} The demo's class is made up here, so it is graded without a sandbox.")
        disable_sandbox(True)
    demo(default_course() / "demo", processes=os.cpu_count() or 1)
