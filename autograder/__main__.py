"""The instructor's commands: `python -m autograder` lists them."""

import argparse
import os
import sys
from pathlib import Path


def fixtures() -> None:
    """Compute the numbers that the visible checks compare with, into data/checks."""
    from autograder.hidden.fixtures import write_all

    changed = write_all()
    print(f"Wrote {len(changed)} files to data/checks; the others are as they were.")


def notebooks() -> None:
    """Build the student notebooks, into notebooks/week1."""
    from autograder.authoring.build import notebooks

    print("Built " + ", ".join(path.stem for path in notebooks()) + ".")


def solutions(steps: list[str]) -> None:
    """Execute the solutions (all, or the steps named) into notebooks with outputs, and draw a picture."""
    from autograder.authoring.executed import solutions
    from autograder.authoring.pictures import detections

    print("Executed " + ", ".join(path.stem for path in solutions(steps or None)) + ".")
    print(f"Drew {detections().relative_to(Path.cwd())}.")


def bundle() -> None:
    """Zip what students get, into dist."""
    from autograder.authoring.build import bundle

    print(f"Wrote {bundle().relative_to(Path.cwd())}.")


def release() -> None:
    """Build the release for students in the course folder, as nbgrader needs it for grading."""
    from autograder.authoring.build import release
    from autograder.workspace.settings import COURSE

    print(f"The release lies in {release(COURSE)}.")


def grade(folder: Path, processes: int, scheduler: str) -> None:
    """Take in what lies in a folder (one folder or zip a student), grade it, write all that follows."""
    from rich.console import Console

    from autograder.gradebook import grade
    from autograder.reports import feedback, overview, report
    from autograder.sandbox import doctor
    from autograder.submissions import intake

    console = Console()
    with console.status("Trying the sandbox from inside ..."):
        doctor.require_safety()
    for receipt in intake.collect(folder):
        if receipt.reason:
            console.print(
                f"{receipt.student}: {receipt.file} {receipt.reason}", soft_wrap=True, markup=False
            )
    for graded in grade.grade(processes=processes, scheduler=scheduler):
        if graded.problem:
            console.print(
                f"{graded.student}, {graded.step}: {graded.problem}", soft_wrap=True, markup=False
            )
    console.print(report.table())
    console.print(
        f"Report: {overview.write_overview()}", f"Scores: {report.write_csv()}", sep="\n", soft_wrap=True
    )
    console.print(f"Feedback pages: {feedback.give_feedback(processes=processes)}", soft_wrap=True)


def report(unfinished: bool) -> None:
    """Write all that follows from the gradebook anew: report, tables for platforms, feedback pages."""
    from autograder.gradebook import gradebook
    from autograder.reports import feedback, overview, platforms, report

    gradebook.set_penalties()
    tables, lost = platforms.export(unfinished=unfinished)
    paths = [overview.write_overview(), report.write_csv(), *tables]
    print("Wrote " + ", ".join(map(str, paths)) + ".")
    if lost:
        print("Not in moodle.csv, for want of an email address: " + ", ".join(lost) + ".")
    print(f"Feedback pages: {feedback.give_feedback(processes=os.cpu_count() or 1)}")


def roster(table: Path) -> None:
    """Enter the students that a CSV file lists into the gradebook, with names and addresses."""
    from autograder.reports.roster import import_roster

    print(f"{import_roster(table)} students are in the gradebook as {table.name} has them.")


def deadlines(table: Path) -> None:
    """Enter when each step is due, from a CSV file with the columns step and due."""
    from autograder.reports.roster import import_deadlines

    print(f"{import_deadlines(table)} deadlines are in the gradebook.")


def times(table: Path) -> None:
    """Note when students handed in, from a CSV file with the columns student, time and perhaps step."""
    from autograder.reports.roster import import_times

    made, lost = import_times(table)
    print(f"Noted the time of {made} submissions; grade again for what it costs.")
    if lost:
        print("Handed in nothing that is here: " + ", ".join(lost) + ".")


def check(notebook: Path) -> int:
    """Run the hidden checks on one notebook file; the exit code is 1 unless all pass."""
    from autograder.judging.verdict import judge_file

    verdicts = judge_file(notebook)
    print("\n".join(verdict.sentence for verdict in verdicts.values()))
    return int(any(verdict.state != "pass" for verdict in verdicts.values()))


def doctor() -> int:
    """Try from inside a box what must be impossible there; the exit code is 1 where something is not."""
    from autograder.sandbox import doctor

    results = doctor.examine()
    for result in results:
        print(f"{'POSSIBLE' if result.possible else 'refused '}  {result.would}: {result.ended}")
    print("\n".join(doctor.problems(results)) or "Submissions can be locked in here.")
    return int(any(result.possible for result in results))


def demo() -> None:
    """Grade a demo class with nbgrader, from handing in to feedback pages and a CSV."""
    from autograder.demo import demo
    from autograder.sandbox import lock

    if lock.is_on() and (obstacle := lock.find_obstacle()):
        print(f"{obstacle} The demo's class is made up here, so it is graded without a sandbox.")
        os.environ[lock.SETTING] = "1"
    demo(processes=os.cpu_count() or 1)


def runs(names: list[str]) -> None:
    """Make the trainings that ship in data/runs, all or those named, and the trained model: hours."""
    from autograder.trainings.runs import SETTINGS, run

    for name in names or SETTINGS:
        record = run(name)
        print(f"{name}: {record['measures'][-1]}, {record['cpu_seconds']} CPU s, {record['seconds']} s")


def bench() -> None:
    """Time the course's training recipe beside the plain one."""
    from autograder.trainings.bench import bench

    bench()


def main() -> int:
    """Run the command that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m autograder", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="command")
    for function in (
        fixtures,
        notebooks,
        solutions,
        runs,
        bench,
        bundle,
        release,
        roster,
        deadlines,
        times,
        grade,
        report,
        check,
        doctor,
        demo,
    ):
        command = commands.add_parser(function.__name__, help=function.__doc__)
        command.set_defaults(run=function)
        if function in (grade, check, demo):
            trust = "run code without a sandbox: for files of your own only"
            command.add_argument("--no-isolation", action="store_true", help=trust)
        if function is grade:
            command.add_argument("folder", type=Path, help="holds one folder or zip for each student")
            number = "processes that judge on this machine; one for each core where none is named"
            command.add_argument("--processes", type=int, default=os.cpu_count(), help=number)
            address = "of a dask scheduler whose workers judge, like tcp://10.0.0.1:8786"
            command.add_argument("--scheduler", default="", metavar="ADDRESS", help=address)
        if function is report:
            waiting = "write scores for Canvas and Moodle also where a person has still to look"
            command.add_argument("--unfinished", action="store_true", help=waiting)
        if function is check:
            command.add_argument("notebook", type=Path, help="a notebook of the week")
        if function in (roster, deadlines, times):
            command.add_argument("table", type=Path, help="a CSV file")
        if function is runs:
            command.add_argument("names", nargs="*", help="like default; all where none is named")
        if function is solutions:
            command.add_argument("steps", nargs="*", help="like 03_encoder; all where none is named")
    options = vars(parser.parse_args())
    run, command = options.pop("run", None), options.pop("command")
    if not command:
        parser.print_help()
        return 2
    if options.pop("no_isolation", False):
        os.environ["DETR_NO_ISOLATION"] = "1"  # an environment variable, so that workers see it too
    from autograder.workspace.stopped import AGAIN, stopped_in_words

    try:
        with stopped_in_words():
            return run(**options) or 0
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"Stopped. {AGAIN}", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
