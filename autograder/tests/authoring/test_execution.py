"""The executed solutions have the committed sources, and outputs that show results only."""

import json

import pytest
from nbformat import NotebookNode, v4

from autograder.authoring import execution
from autograder.authoring.exercises import exercises_of
from autograder.authoring.sources import all_steps, read_source
from autograder.workspace.paths import SOLUTIONS


def executed_cells(step: str) -> list[dict]:
    """Return the cells of an executed solution."""
    path = SOLUTIONS / f"{step}.ipynb"
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def test_executed_solutions_have_the_committed_cells():
    for step in all_steps():
        executed = [(cell["cell_type"], "".join(cell["source"])) for cell in executed_cells(step)]
        source = [(cell.cell_type, cell.source) for cell in read_source(step).cells]
        assert executed == source, f"{step}.ipynb: run `make solutions`"


@pytest.mark.parametrize("step", all_steps())
def test_executed_solution_has_the_current_source(step):
    source = [cell.source for cell in read_source(step).cells]
    assert ["".join(cell["source"]) for cell in executed_cells(step)] == source


@pytest.mark.parametrize("step", all_steps())
def test_outputs_have_every_check_passed_and_no_warnings_errors_or_widgets(step):
    texts = []
    for cell in executed_cells(step):
        for output in cell.get("outputs", []):
            assert output["output_type"] != "error", output
            assert output.get("name") != "stderr", output["text"]
            texts.append("".join(output.get("text", "")))
            assert not any("widget" in kind for kind in output.get("data", {})), "widget state"
    for exercise in exercises_of(step):
        assert f"✓ {exercise.name}\n" in "".join(texts)
    assert "Warning" not in "".join(texts)


@pytest.mark.parametrize("step", all_steps())
def test_every_figure_is_followed_by_its_alt_text(step):
    """A stored PNG has no alt text in JupyterLab or on a web page."""
    for cell in executed_cells(step):
        outputs = cell.get("outputs", [])
        for output, following in zip(outputs, [*outputs[1:], {}], strict=False):
            if "image/png" in output.get("data", {}):
                assert "text/html" not in output["data"]
                alt = output["metadata"]["image/png"]["alt"]
                assert alt.strip() and "".join(following["data"]["text/plain"]) == alt
                assert "".join(following["data"]["text/html"]).startswith("<details>")


def timed_cell(end: str) -> NotebookNode:
    """Return a code cell that ran from ten o'clock to `end`."""
    times = {"iopub.status.busy": "2026-01-01T10:00:00+00:00", "iopub.status.idle": end}
    return v4.new_code_cell(metadata={"execution": times})


def test_run_time_is_reported_and_must_not_exceed_the_stated_minutes():
    header = read_source("03_encoder").cells[0]
    short, long = "2026-01-01T10:00:42.4+00:00", "2026-01-01T11:01:00+00:00"
    cells = [header, timed_cell(short), timed_cell(short)]
    report = execution.report("03_encoder", v4.new_notebook(cells=cells))
    assert "60 minutes stated, cells run   85 s, the longest  42 s" in report
    with pytest.raises(ValueError, match="longer than stated"):
        execution.report("03_encoder", v4.new_notebook(cells=[header, timed_cell(long)]))
