"""The version of the course, for the keys of verdicts: it changes with whatever may change a verdict."""

import functools
import platform
import re
from collections.abc import Iterator
from importlib.metadata import requires, version
from pathlib import Path

from autograder.workspace.files import fingerprint
from autograder.workspace.paths import AUTOGRADER, DATA, DETRLAB, ROOT, SOLUTIONS

# From the gradebook down, every room has a say: it prepares what is judged, judges it, or is judged with.
ROOMS = ("gradebook", "judging", "hidden", "sandbox", "submissions", "authoring", "workspace")
# Not these: trainings and execution only make what ships, and what is judged with is in data/ already.
PROJECT = "detr-from-scratch"


def files_that_judge() -> Iterator[Path]:
    """Yield every file that has a say in verdicts, in a fixed order."""
    for room in ROOMS:
        yield from sorted((AUTOGRADER / room).rglob("*.py"))
    yield from sorted((AUTOGRADER / "authoring" / "slips").glob("*.toml"))
    yield from sorted(SOLUTIONS.glob("*.py"))
    yield from sorted(DETRLAB.rglob("*.py"))
    yield from sorted((DATA / "checks").glob("*"))
    yield from sorted(DATA.glob("*.npz"))


def packages() -> list[str]:
    """Name the packages that the course requires at run time, as its metadata lists them."""
    lines = requires(PROJECT) or []
    return [re.split(r"[^\w.-]", line)[0] for line in lines if "extra ==" not in line]


@functools.cache
def course_version() -> str:
    """Return the fingerprint of those files, of the packages' versions, and of Python's."""
    installed = [f"{name} {version(name)}" for name in packages()]
    versions = " ".join([platform.python_version(), *installed])
    names = [path.relative_to(ROOT).as_posix().encode() for path in files_that_judge()]
    contents = [path.read_bytes() for path in files_that_judge()]
    return fingerprint(versions.encode(), *names, *contents)
