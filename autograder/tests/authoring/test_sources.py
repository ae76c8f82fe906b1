"""Each source has the parts that a notebook of the course has, and runs as a script."""

import os
import re
import subprocess
import sys

import pytest

from autograder.authoring.exercises import exercises_of
from autograder.authoring.sources import all_steps, read_source
from autograder.workspace.paths import SOLUTIONS

HINTS = re.compile(r"<details>\s*<summary>Hint (\d) · ")


@pytest.mark.parametrize("step", all_steps())
def test_source_has_header_hints_questions_and_rubrics(step):
    """The header states the points; every exercise has three hints, every question a model answer."""
    cells = read_source(step).cells
    header = cells[0].source
    assert re.search(r"^# Step \d+ · ", header)
    assert re.search(r"\*\*Day \d · about \d+ minutes · .*points", header)
    grade_ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells]
    points = {"tests": 0, "written": 0}
    for cell in cells:
        metadata = cell.metadata.get("nbgrader", {})
        role, _, name = metadata.get("grade_id", "").partition("_")
        points[role] = points.get(role, 0) + metadata.get("points", 0)
        if role == "written":
            assert "**Model answer.**" in cell.source and "**Rubric.**" in cell.source, name
            assert f"locked_question_{name}" in grade_ids
    assert f"{points['tests']} points for code" in header
    assert f"{points['written']} for writing" in header
    hints = {
        cell.metadata["detrlab"]["hints"]: cell.source for cell in cells if "detrlab" in cell.metadata
    }
    assert set(hints) == {exercise.name for exercise in exercises_of(step)}
    for name, text in hints.items():
        assert HINTS.findall(text) == ["1", "2", "3"], name
        assert text.count("<details>") == text.count("</details>") == text.count("<summary>"), name
    assert "six_so_far" in "".join(cell.source for cell in cells[-3:])


@pytest.mark.slow
@pytest.mark.parametrize("step", all_steps())
def test_source_runs_as_a_script(step, tmp_path):
    script = subprocess.run(
        [sys.executable, "-W", "error", SOLUTIONS / f"{step}.py"],
        cwd=tmp_path,
        env=os.environ | {"OMP_NUM_THREADS": "1", "DETR_QUICK": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert script.returncode == 0, script.stderr
    for exercise in exercises_of(step):
        assert f"✓ {exercise.name}\n" in script.stdout
