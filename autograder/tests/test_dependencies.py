"""What is imported is declared, in the extra of whoever needs it; what is declared is in the lock."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.workspace.paths import AUTOGRADER, DETRLAB, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OWN = {"detrlab", "autograder", "detr-from-scratch"}


def declared(*extras: str) -> set[str]:
    """Return the names of the packages that the project requires, with some extras and those in them."""
    lines = list(PROJECT["dependencies"])
    open_extras, seen = list(extras), set()
    while open_extras:
        extra = open_extras.pop()
        if extra in seen:
            continue
        seen.add(extra)
        for line in PROJECT["optional-dependencies"][extra]:
            requirement = Requirement(line)
            if canonicalize_name(requirement.name) in OWN:
                open_extras += requirement.extras
            lines.append(line)
    return {canonicalize_name(Requirement(line).name) for line in lines}


def imported(folder: Path) -> dict[str, Path]:
    """Return the top-level packages that the modules of a folder import, each with one that does."""
    found: dict[str, Path] = {}
    for path in folder.rglob("*.py"):
        if {"tests", "course", "alternatives"} & set(path.relative_to(folder).parts):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0]: path for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found[node.module.partition(".")[0]] = path
    return found


@pytest.mark.parametrize(
    ("folder", "extras"),
    [(DETRLAB, ()), (AUTOGRADER, ("instructor",))],
    ids=["detrlab needs no extra", "autograder needs the instructor's"],
)
def test_imported_packages_are_declared(folder, extras):
    distributions, known = packages_distributions(), declared(*extras)
    for package, path in imported(folder).items():
        if package in sys.stdlib_module_names or package in OWN:
            continue
        names = {canonicalize_name(name) for name in distributions[package]}
        assert names & known, f"{path} imports {package}, which pyproject.toml does not declare"


def test_cluster_is_an_extra_that_the_instructors_extra_includes():
    assert {"dask", "distributed", "cryptography"} <= declared("cluster") <= declared("instructor")
    assert not {"dask", "distributed"} & declared("learner")


def test_nothing_but_the_sandbox_imports_what_windows_lacks():
    """Authors and learners work on Windows; grading needs Linux, and says so."""
    for path in [*modules_of(AUTOGRADER), *modules_of(DETRLAB)]:
        if path.parent.name == "sandbox" and path.name in ("worker.py", "escapes.py"):
            continue  # they run inside a sandbox only
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(?:import|from) (?:fcntl|resource|pwd|grp|termios)\b", text, re.M), (
            path
        )


def modules_of(folder: Path) -> list[Path]:
    """List the modules of a folder, without tests."""
    return [path for path in folder.rglob("*.py") if not {"tests", "course"} & set(path.parts)]
