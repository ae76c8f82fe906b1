"""Packages that the code imports are declared as requirements, in the extras that need them."""

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
LINUX_IMPORT = re.compile(r"^\s*(?:import|from) (?:fcntl|resource|pwd|grp|termios)\b", re.MULTILINE)
PROJECT_PACKAGES = {"detrlab", "autograder", "detr-from-scratch"}


def declared_packages(*extras: str) -> set[str]:
    """Return the names of the packages that the project requires, with some extras and those in them."""
    lines = list(PROJECT["dependencies"])
    pending, visited = list(extras), set()
    while pending:
        extra = pending.pop()
        if extra in visited:
            continue
        visited.add(extra)
        for line in PROJECT["optional-dependencies"][extra]:
            requirement = Requirement(line)
            if canonicalize_name(requirement.name) in PROJECT_PACKAGES:
                pending += requirement.extras
            lines.append(line)
    return {canonicalize_name(Requirement(line).name) for line in lines}


def imported_packages(folder: Path) -> dict[str, Path]:
    """Return the top-level packages that the modules of a folder import, each with one of the modules."""
    packages: dict[str, Path] = {}
    for path in folder.rglob("*.py"):
        if {"tests", "course", "alternatives"} & set(path.relative_to(folder).parts):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                packages |= {name.name.partition(".")[0]: path for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                packages[node.module.partition(".")[0]] = path
    return packages


@pytest.mark.parametrize(
    ("folder", "extras"),
    [(DETRLAB, ()), (AUTOGRADER, ("instructor",))],
    ids=["detrlab needs no extra", "autograder needs the instructor's"],
)
def test_imported_packages_are_declared(folder, extras):
    distributions, known = packages_distributions(), declared_packages(*extras)
    for package, path in imported_packages(folder).items():
        if package in sys.stdlib_module_names or package in PROJECT_PACKAGES:
            continue
        names = {canonicalize_name(name) for name in distributions[package]}
        assert names & known, f"{path} imports {package}, which pyproject.toml does not declare"


def test_instructor_extra_includes_cluster_and_learner_extra_does_not():
    assert (
        {"dask", "distributed", "cryptography"}
        <= declared_packages("cluster")
        <= declared_packages("instructor")
    )
    assert not {"dask", "distributed"} & declared_packages("learner")


def test_only_code_inside_sandbox_imports_modules_that_windows_lacks():
    """Authors and learners work on Windows too; only grading needs Linux."""
    for path in [*modules_of(AUTOGRADER), *modules_of(DETRLAB)]:
        if path == AUTOGRADER / "sandbox" / "worker.py" or path.parent.name == "escapes":
            continue  # they run inside a sandbox only
        assert not LINUX_IMPORT.search(path.read_text(encoding="utf-8")), path


def modules_of(folder: Path) -> list[Path]:
    """List the modules of a folder, without tests."""
    return [path for path in folder.rglob("*.py") if not {"tests", "course"} & set(path.parts)]
