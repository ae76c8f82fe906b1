"""Options that several commands have."""

import os
from typing import Annotated

import typer

NoIsolation = Annotated[
    bool, typer.Option("--no-isolation", help="Run code without a sandbox: for files of your own only.")
]


def disable_sandbox(no_isolation: bool) -> None:
    """Switch off the sandbox by an environment variable, which worker processes inherit."""
    if no_isolation:
        from autograder.sandbox.availability import SETTING

        os.environ[SETTING] = "1"
