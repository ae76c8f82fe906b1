"""The version that keys the verdicts changes with every module and package that can change one."""

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from autograder.judging import course_version as versions
from autograder.workspace.paths import AUTOGRADER, DATA, DETRLAB, ROOT, SOLUTIONS
from detrlab.checkpoint import SHIPPED

# Where a submission goes through: all that these import, directly or not, has a say in its verdict.
STARTS = (
    *("autograder.gradebook.grade", "autograder.gradebook.preprocessors", "autograder.judging.judge"),
    *("autograder.sandbox.worker", "autograder.submissions.intake"),
)
# Imported on the way, and no number depends on them: how processes are started, how tables are printed.
NO_NUMBERS = {"psutil", "pyseccomp", "rich"}


def path_of(name: str) -> Path | None:
    """Return the file of a module of this project; None where the name is no module."""
    top = ROOT if name.startswith("autograder") else ROOT / "notebooks"
    path = top / Path(*name.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)


def imports(path: Path) -> set[str]:
    """Return every dotted name that a module imports, those of `from a import b` as a.b too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return names


def reached() -> set[Path]:
    """Return the files that the starts import, directly or not, and those that are loaded by name."""
    waiting = [path_of(name) for name in STARTS]
    waiting += [*(AUTOGRADER / "hidden").rglob("*.py"), *(DETRLAB / "checks" / "probes").rglob("*.py")]
    found: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path is None or path in found:
            continue
        found.add(path)
        ours = [name for name in imports(path) if name.startswith(("autograder", "detrlab"))]
        waiting += [path_of(name) for name in ours]
    return found


def test_every_module_that_judging_reaches_is_in_the_version():
    files = set(versions.files_that_judge())
    missing = {path for path in reached() if path not in files and path.stat().st_size}
    assert not missing
    assert len(reached()) > 80, "the imports were not followed"


def test_data_and_sources_are_in_the_version():
    files = set(versions.files_that_judge())
    assert files >= {*SOLUTIONS.glob("*.py"), *(DATA / "checks").iterdir(), *DATA.glob("*.npz")}
    assert files >= set((AUTOGRADER / "authoring" / "slips").glob("*.toml"))


def test_every_package_that_numbers_depend_on_is_in_the_version():
    known = {canonicalize_name(name) for name in versions.packages()}
    assert {"torch", "torchvision", "numpy", "scipy", "pycocotools", "safetensors"} <= known
    distributions = packages_distributions()
    rooms = (DETRLAB, AUTOGRADER / "hidden", AUTOGRADER / "sandbox", AUTOGRADER / "judging")
    for path in (path for room in rooms for path in room.rglob("*.py")):
        for package in {name.partition(".")[0] for name in imports(path)}:
            if package in sys.stdlib_module_names or package in ("autograder", "detrlab", *NO_NUMBERS):
                continue
            names = {canonicalize_name(name) for name in distributions[package]}
            assert names & known or package in ("dask", "distributed"), f"{path} imports {package}"


def test_version_changes_with_a_package(monkeypatch):
    before = versions.course_version()
    versions.course_version.cache_clear()
    real = versions.version
    monkeypatch.setattr(versions, "version", lambda name: "0.0" if name == "safetensors" else real(name))
    assert versions.course_version() != before
    versions.course_version.cache_clear()


def test_version_changes_with_the_model_that_ships():
    assert SHIPPED in set(versions.files_that_judge())
