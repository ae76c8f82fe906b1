"""The version of the course, a part of the keys of verdicts: it changes with all that may change one."""

import functools
import platform
import re
from collections.abc import Iterator
from importlib.metadata import requires, version
from pathlib import Path

from autograder.workspace.files import fingerprint
from autograder.workspace.paths import AUTOGRADER, DATA, DETRLAB, ROOT, SOLUTIONS
from detrlab.checkpoint import SHIPPED

# The rooms whose code can change a verdict: it prepares a submission, judges it, or is used in judging.
ROOMS = ("gradebook", "judging", "hidden", "sandbox", "submissions", "authoring", "workspace")
# Trainings are left out: their results are part of data/.
PROJECT = "detr-from-scratch"
OF_THE_INSTRUCTOR = ["ruff"]  # which knows what Python a syntax error may be due to


def files_that_judge() -> Iterator[Path]:
    """Yield every file that can change a verdict, in a fixed order."""
    for room in ROOMS:
        yield from sorted((AUTOGRADER / room).rglob("*.py"))
    yield from sorted((AUTOGRADER / "authoring" / "slips").glob("*.toml"))
    yield from sorted(SOLUTIONS.glob("*.py"))
    yield from sorted(DETRLAB.rglob("*.py"))
    yield from sorted((DATA / "checks").glob("*"))
    yield from sorted(DATA.glob("*.npz"))
    yield SHIPPED


def packages() -> list[str]:
    """List the packages that may change a verdict: those of the course's metadata, and others."""
    lines = requires(PROJECT) or []
    return [re.split(r"[^\w.-]", line)[0] for line in lines if "extra ==" not in line] + OF_THE_INSTRUCTOR


@functools.cache
def course_version() -> str:
    """Return the fingerprint of those files and of the versions of the packages and of Python."""
    installed = [f"{name} {version(name)}" for name in packages()]
    versions = " ".join([platform.python_version(), *installed])
    names = [path.relative_to(ROOT).as_posix().encode() for path in files_that_judge()]
    contents = [path.read_bytes() for path in files_that_judge()]
    return fingerprint(versions.encode(), *names, *contents)
