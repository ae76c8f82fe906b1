"""Run the commands for instructors and authors; `python -m autograder` lists them."""

import sys

import typer

from autograder.commands.author import author
from autograder.commands.instructor import instructor
from autograder.workspace.run_lock import AGAIN, explain_stops

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
app.add_typer(instructor)
app.add_typer(author)


def main() -> int:
    """Run the command on the command line; print expected errors as messages. Return the exit code."""
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
