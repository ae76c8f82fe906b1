"""nbgrader's own commands, typed in the repository root, work on a course."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.reports.results import read_results
from autograder.submissions.intake import collect
from autograder.tests.gradebook.small_course import (
    RIGHT,
    STEP,
    answered,
    find_cell,
    release,
    submit_answers,
)
from autograder.workspace.files import write_json
from autograder.workspace.paths import AUTOGRADER

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("gradebook")]  # share courses in one process


def run_nbgrader(course: Path, *words: str) -> subprocess.CompletedProcess:
    """Run an nbgrader command in the repository root, without the environment activated."""
    environment = {
        "HOME": os.environ.get("HOME", "/"),
        "PATH": "/usr/bin:/bin",
        "JUPYTER_CONFIG_PATH": "autograder",
        "DETR_COURSE": str(course),
    }
    return subprocess.run(
        [str(Path(sys.executable).parent / "nbgrader"), *words],
        cwd=AUTOGRADER.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_autograde_feedback_and_export_work_on_the_command_line(graded_course: Path) -> None:
    """Also for submissions that were not taken in by intake, and for one that cannot be read."""
    submitted = graded_course / "submitted"
    collect(submit_answers(graded_course, "bob", **RIGHT), graded_course)
    # Two copies of a TODO and no checks.
    raw = answered(release(graded_course), todo_layer="def layer(x):\n    return 0")
    raw["cells"] = [cell for cell in raw["cells"] if not cell["id"].startswith("tests")]
    raw["cells"].append(find_cell(raw, "todo_layer") | {"id": "copy"})
    write_json(submitted / "raw" / STEP / f"{STEP}.ipynb", raw)
    write_json(submitted / "old" / STEP / f"{STEP}.ipynb", {"nbformat": 3, "worksheets": []})
    autograde = run_nbgrader(graded_course, "autograde", "*")
    assert "Traceback" not in autograde.stderr or "old" in autograde.stderr
    scores = {row.student: row.score for row in read_results(graded_course).results}
    assert scores == {"ada": 0.0, "bob": 6.0, "raw": 1.0, "old": 0.0}
    feedback = run_nbgrader(graded_course, "generate_feedback", "*")
    assert feedback.returncode == 0, feedback.stderr
    assert (graded_course / "feedback" / "bob" / STEP / f"{STEP}.html").is_file()
    export = run_nbgrader(graded_course, "export", f"--to={graded_course / 'grades.csv'}")
    assert export.returncode == 0, export.stderr
    assert "bob" in (graded_course / "grades.csv").read_text()


def test_generate_assignment_makes_a_missing_gradebook(graded_course: Path) -> None:
    """Without our commands, and without alembic on the PATH."""
    (graded_course / "gradebook.db").unlink()
    generate = run_nbgrader(graded_course, "generate_assignment", STEP, "--force")
    assert generate.returncode == 0, generate.stderr
    assert (graded_course / "gradebook.db").is_file()
