"""Whatever a learner writes, a grader sees that it is the learner's."""

import json
from pathlib import Path

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode, from_dict
from traitlets.config import Config

from autograder.authoring.sources import read_source
from autograder.gradebook.rubrics import BAR, FRAME, MARK, RUBRIC, annotate, tags_of
from autograder.reports.sanitizing import STYLED
from autograder.submissions.notebook_json import parse_notebook
from autograder.submissions.rebuild import ADDED, EDITED, Notebook, grade_id, rebuild
from autograder.tests.attacks.look_alikes import SUBMISSIONS
from autograder.tests.attacks.malformed import FILE, STEP, MalformedSubmission
from autograder.workspace.course import nbgrader_settings
from autograder.workspace.paths import NOTEBOOKS

FRAME_BEGINS, BAR_BEGINS = FRAME.partition("\n")[0], BAR.partition(">")[0]


@pytest.fixture(scope="module")
def release() -> Notebook:
    """The published notebook of the step."""
    return parse_notebook((NOTEBOOKS / FILE).read_bytes())


@pytest.fixture(scope="module")
def source() -> dict:
    """The instructor's notebook of the step."""
    return json.loads(json.dumps(read_source(STEP)))


@pytest.fixture(params=SUBMISSIONS, ids=[submission.name for submission in SUBMISSIONS])
def graded(
    request: pytest.FixtureRequest, tmp_path: Path, release: Notebook, source: dict
) -> NotebookNode:
    """The notebook that graders see of a submission."""
    submission: MalformedSubmission = request.param
    submission.submit(tmp_path, json.loads(json.dumps(release)))
    submitted = parse_notebook((tmp_path / FILE).read_bytes())
    nb = from_dict(rebuild(submitted, json.loads(json.dumps(release))))
    annotate(nb, source)
    return nb


def test_all_that_the_learner_added_lies_between_bars(graded: NotebookNode, release: Notebook) -> None:
    given = {cell["id"]: cell for cell in release["cells"]}
    ids = [cell.id for cell in graded.cells]
    assert len(set(ids)) == len(ids)
    is_open = False
    for cell in graded.cells:
        if MARK in tags_of(cell) and ("▼ Added" in cell.source or "▲ End" in cell.source):
            assert is_open == ("▲ End" in cell.source)
            is_open = not is_open
        elif MARK not in tags_of(cell) and RUBRIC not in tags_of(cell):
            assert is_open == (ADDED in tags_of(cell)) == (cell.id not in given), cell.source
            changed = cell.id in given and cell.source != "".join(given[cell.id]["source"])
            assert changed <= (
                EDITED in tags_of(cell) or grade_id(cell).startswith(("todo_", "written_"))
            )
    assert not is_open


def test_each_output_of_the_learners_and_each_changed_cell_has_its_bar(graded: NotebookNode) -> None:
    for before, cell, after in zip(graded.cells, graded.cells[1:], graded.cells[2:], strict=False):
        if cell.get("outputs") and ADDED not in tags_of(cell):
            assert "no check has made it" in after.source
        if EDITED in tags_of(cell):
            assert "Changed by the learner" in before.source


def test_page_has_the_courses_frames_and_bars_alone(
    graded: NotebookNode, source: dict, tmp_path: Path
) -> None:
    questions = [grade_id(cell) for cell in source["cells"] if grade_id(cell).startswith("written_")]
    below = [
        grade_id(above)
        for above, cell in zip(graded.cells, graded.cells[1:], strict=False)
        if RUBRIC in tags_of(cell)
    ]
    assert below == questions and questions
    config = Config(HTMLExporter=nbgrader_settings(tmp_path).HTMLExporter)
    page, _ = HTMLExporter(config=config).from_notebook_node(graded)
    body = page[page.index("<body") :]
    assert body.count(FRAME_BEGINS) == len(questions)
    assert body.count(BAR_BEGINS) == sum(MARK in tags_of(cell) for cell in graded.cells)
    assert not STYLED.search(body)
