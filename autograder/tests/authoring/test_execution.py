"""The executed solutions look as they should, each source runs as a plain script, links resolve."""

import json
import os
import re
import subprocess
import sys

import pytest
from nbformat import v4

from autograder.authoring import execution
from autograder.authoring.exercises import exercises_of, step_of
from autograder.authoring.sources import all_steps, read_source
from autograder.workspace.paths import SOLUTIONS

HINTS = re.compile(r"<details>\s*<summary>Hint (\d) · ")


def executed_cells(step: str) -> list[dict]:
    path = SOLUTIONS / f"{step}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


@pytest.mark.parametrize("step", all_steps())
def test_executed_is_the_current_source(step):
    fresh = [cell.source for cell in read_source(step).cells]
    assert ["".join(cell["source"]) for cell in executed_cells(step)] == fresh


@pytest.mark.parametrize("step", all_steps())
def test_nothing_but_results_in_the_outputs(step):
    """No warning, no error, no progress left over; every check has passed."""
    said = []
    for cell in executed_cells(step):
        for output in cell.get("outputs", []):
            assert output["output_type"] != "error", output
            assert output.get("name") != "stderr", output["text"]
            said.append("".join(output.get("text", "")))
            assert not any("widget" in kind for kind in output.get("data", {})), "widget state"
    for exercise in exercises_of(step):
        assert f"✓ {exercise.name}\n" in "".join(said)
    assert "Warning" not in "".join(said)


@pytest.mark.parametrize("step", all_steps())
def test_every_figure_is_there_in_words_too(step):
    """A stored PNG has no alt text in JupyterLab or on a web page: its words are the next output."""
    for cell in executed_cells(step):
        outputs = cell.get("outputs", [])
        for output, following in zip(outputs, [*outputs[1:], {}], strict=False):
            if "image/png" in output.get("data", {}):
                assert "text/html" not in output["data"]
                alt = output["metadata"]["image/png"]["alt"]
                assert alt.strip() and "".join(following["data"]["text/plain"]) == alt
                assert "".join(following["data"]["text/html"]).startswith("<details>")


@pytest.mark.parametrize("step", all_steps())
def test_the_shape_of_a_notebook(step):
    """Header, hints in three folds for every TODO, written questions with prompt, answer and rubric."""
    cells = read_source(step).cells
    head = cells[0].source
    assert re.search(r"^# Step \d+ · ", head)
    assert re.search(r"\*\*Day \d · about \d+ minutes · .*points", head)
    points = {"tests": 0, "written": 0}
    for cell in cells:
        metadata = cell.metadata.get("nbgrader", {})
        role, _, name = metadata.get("grade_id", "").partition("_")
        points[role] = points.get(role, 0) + metadata.get("points", 0)
        if role == "written":
            assert "**Model answer.**" in cell.source and "**Rubric.**" in cell.source, name
            assert f"locked_question_{name}" in [
                other.metadata.get("nbgrader", {}).get("grade_id") for other in cells
            ]
    assert f"{points['tests']} points for code" in head
    assert f"{points['written']} for writing" in head
    hints = {
        cell.metadata["detrlab"]["hints"]: cell.source for cell in cells if "detrlab" in cell.metadata
    }
    assert set(hints) == {exercise.name for exercise in exercises_of(step)}
    for name, text in hints.items():
        assert HINTS.findall(text) == ["1", "2", "3"], name
        assert text.count("<details>") == text.count("</details>") == text.count("<summary>"), name
    assert "six_so_far" in "".join(cell.source for cell in cells[-3:])


def test_every_exercise_belongs_to_one_step():
    names = [exercise.name for step in all_steps() for exercise in exercises_of(step)]
    assert len(names) == len(set(names))
    assert {step_of(name)[0] for name in names} == {s for s in all_steps() if exercises_of(s)}


@pytest.mark.slow
@pytest.mark.parametrize("step", all_steps())
def test_the_source_is_a_script(step, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", SOLUTIONS / f"{step}.py"],
        cwd=tmp_path,
        env=os.environ | {"OMP_NUM_THREADS": "1", "DETR_QUICK": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for exercise in exercises_of(step):
        assert f"✓ {exercise.name}\n" in done.stdout


def test_run_time_is_set_beside_the_stated_minutes():
    def ran(until: str):
        times = {"busy": "2026-01-01T10:00:00+00:00", "idle": until}
        return v4.new_code_cell(
            metadata={"execution": {f"iopub.status.{k}": v for k, v in times.items()}}
        )

    head = read_source("03_encoder").cells[0]
    short, long = "2026-01-01T10:00:42.4+00:00", "2026-01-01T11:01:00+00:00"
    said = execution.report("03_encoder", v4.new_notebook(cells=[head, ran(short), ran(short)]))
    assert "60 minutes stated, cells run   85 s, the longest  42 s" in said
    with pytest.raises(ValueError, match="longer than stated"):
        execution.report("03_encoder", v4.new_notebook(cells=[head, ran(long)]))
