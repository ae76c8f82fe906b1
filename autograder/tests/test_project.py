"""The files of the project agree with each other, and none holds a path of one machine."""

import re
import subprocess
import tomllib

import pytest
from packaging.requirements import Requirement

from autograder.workspace.paths import AUTOGRADER, DETRLAB, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TOP_LEVEL = {
    "README.md", "Makefile", "environment.yml", "pyproject.toml", "LICENSE", "CHANGELOG.md",
    "notebooks", "solutions", "autograder", "data",
}  # fmt: skip


def tracked_files() -> list[str]:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("this is not a git checkout")
    return listing.stdout.split("\n")[:-1]


def requirements() -> list[Requirement]:
    project = PROJECT["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    everything = [Requirement(line) for line in project["dependencies"] + extras]
    return [requirement for requirement in everything if requirement.name != project["name"]]


def test_environment_file_only_installs_python_and_project():
    lines = (ROOT / "environment.yml").read_text(encoding="utf-8").split("\n")
    entries = [line.strip().removeprefix("- ") for line in lines if line.startswith("  ")]
    python, pip, sub, editable = entries
    assert python == f"python{PROJECT['project']['requires-python']}"
    assert (pip, sub) == ("pip", "pip:")
    extra = re.fullmatch(r"-e \.\[(\w+)\]", editable)
    assert extra and extra[1] in PROJECT["project"]["optional-dependencies"]


def test_lock_holds_every_requirement_within_its_range():
    lock = (AUTOGRADER / "requirements.lock").read_text(encoding="utf-8")
    locked = {}
    for line in lock.strip().split("\n"):
        name, _, version = line.partition("==")
        locked[name.lower().replace("_", "-")] = version
    for requirement in requirements():
        assert requirement.specifier.contains(locked[requirement.name.lower()]), requirement


def test_project_requires_packages_that_notebooks_and_grading_use():
    names = {requirement.name for requirement in requirements()}
    assert {"torch", "torchvision", "scipy", "matplotlib", "jupyterlab", "nbgrader", "pytest"} <= names


def test_top_level_holds_only_known_entries():
    entries = {path.split("/")[0] for path in tracked_files()}
    assert {entry for entry in entries if not entry.startswith(".")} <= TOP_LEVEL


def test_no_file_holds_path_of_one_machine():
    # /home/learner is the home inside the sandbox.
    pattern = re.compile(r"/(?:ho[m]e(?!/learner)|ro[o]t|wo[r]k|Us[e]rs)/[a-z]")
    for name in tracked_files():
        if name.endswith((".py", ".md", ".toml", ".yml", ".ipynb", ".lock", "Makefile")):
            text = (ROOT / name).read_text(encoding="utf-8")
            assert not pattern.search(text), f"{name}: {pattern.search(text)}"


def test_learners_code_does_not_import_autograder():
    for path in (ROOT / "notebooks").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s*(from|import) autograder", text, re.M), path


def test_modules_of_detrlab_have_less_than_200_lines():
    for path in DETRLAB.rglob("*.py"):
        assert path.read_text(encoding="utf-8").count("\n") < 200, path


def test_make_formgrader_serves_course_in_any_folder():
    """nbgrader shows nothing but an error for a course that is not below JupyterLab's folder."""
    dry_run = subprocess.run(
        ["make", "-n", "formgrader", "DETR_COURSE=/srv/class"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert '--ServerApp.root_dir="/srv/class"' in dry_run.stdout
