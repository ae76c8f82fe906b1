"""One file gets from `check` what `grade` gives it, in whatever state a student sent it."""

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder import __main__
from autograder.authoring.release import make_release, released_cells
from autograder.authoring.sources import all_steps, code_cells
from autograder.gradebook.grading_run import GradingRun
from autograder.gradebook.writer import Writer
from autograder.judging.job import judge_job
from autograder.judging.notebook_file import collect_beside, judge_file, read_submitted, releases_of
from autograder.sandbox.limits import Limits
from autograder.sandbox.process import Sandbox
from autograder.submissions.intake import collect
from autograder.workspace.course import open_course
from autograder.workspace.files import write_json
from autograder.workspace.paths import NOTEBOOKS
from detrlab.cells.cell import is_unwritten
from detrlab.checkpoint import NAME

STEP = "03_encoder"
SOLUTION = {cell.name: cell.source for cell in code_cells(STEP) if cell.role == "todo"}
HALF = SOLUTION["encoder_layer"].index("    def forward")


def released(step: str = STEP) -> dict:
    """Return the notebook that students get."""
    return json.loads((NOTEBOOKS / f"{step}.ipynb").read_text(encoding="utf-8"))


def answered(**answers: str) -> dict:
    """Return the notebook with answers, by exercise; solutions where none is given."""
    notebook = released()
    for cell in notebook["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if grade_id.startswith("todo_"):
            cell["source"] = (SOLUTION | answers)[grade_id.removeprefix("todo_")]
    return notebook


def without_metadata(notebook: dict) -> dict:
    """Return a notebook as Colab and others save it: no metadata, no ids, sources as lists of lines."""
    cells = [
        {
            "cell_type": cell["cell_type"],
            "metadata": {},
            "source": "".join(cell["source"]).splitlines(True),
        }
        for cell in notebook["cells"]
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}


def without_todos(notebook: dict) -> dict:
    """Return a notebook whose answers stand in cells of the learner's own, the last one first."""
    result = copy.deepcopy(notebook)
    answers = [cell for cell in result["cells"] if "### BEGIN" in cell["source"]]
    for cell in answers:
        result["cells"].remove(cell)
    added = [{"cell_type": "code", "metadata": {}, "source": cell["source"]} for cell in answers]
    return result | {"cells": [*result["cells"], *added[::-1]]}


def cut_up(notebook: dict) -> dict:
    """Return a notebook with a helper of the first answer in a cell of its own."""
    helper = {"cell_type": "code", "metadata": {}, "source": "def total(a, b):\n    return a + b"}
    return notebook | {"cells": [notebook["cells"][0], helper, *notebook["cells"][1:]]}


def with_a_stub_below(notebook: dict) -> dict:
    """Return a notebook in which a fresh copy of a TODO's cell stands below its answer."""
    stub = next(cell for cell in released()["cells"] if is_unwritten("".join(cell["source"])))
    return notebook | {"cells": [*notebook["cells"], stub | {"id": "copy"}]}


def without_given_cells(notebook: dict) -> dict:
    """Return a notebook with the answers and nothing else, not even the imports."""
    cells = [cell for cell in notebook["cells"] if "### BEGIN" in cell["source"]]
    return notebook | {"cells": cells}


USES_HELPER = SOLUTION["encoder_layer"].replace("q = k = src + pos", "q = k = total(src, pos)")
ON_VALUES = SOLUTION["encoder_layer"].replace("value=src", "value=q")
ODD: dict[str, tuple[str, Callable[[], str], tuple[str, str]]] = {
    "renamed": ("homework (1).ipynb", lambda: json.dumps(answered()), ("passed", "passed")),
    "named like another step": ("05_heads.ipynb", lambda: json.dumps(answered()), ("passed", "passed")),
    "without metadata": (
        f"{STEP}.ipynb",
        lambda: json.dumps(without_metadata(answered(encoder_layer=ON_VALUES))),
        ("failed", "passed"),
    ),
    "answers in added cells": (
        f"{STEP}-Copy1.ipynb",
        lambda: json.dumps(without_todos(answered())),
        ("passed", "passed"),
    ),
    "helper in a cell of its own": (
        f"{STEP}.ipynb",
        lambda: json.dumps(without_metadata(cut_up(answered(encoder_layer=USES_HELPER)))),
        ("passed", "passed"),
    ),
    "stub below the answer": (
        f"{STEP}.ipynb",
        lambda: json.dumps(with_a_stub_below(answered())),
        ("passed", "passed"),
    ),
    "given cells deleted": (
        f"{STEP}.ipynb",
        lambda: json.dumps(without_given_cells(answered())),
        ("passed", "passed"),
    ),
    "byte order mark and NaN": (
        f"{STEP}.ipynb",
        lambda: "\ufeff" + json.dumps(answered() | {"x": float("nan")}),
        ("passed", "passed"),
    ),
    "nothing written": (f"{STEP}.ipynb", lambda: json.dumps(released()), ("untouched", "untouched")),
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that has every step's release, written without nbgrader."""
    folder = tmp_path_factory.mktemp("checked") / "course"
    for step in all_steps():
        write_json(folder / "release" / step / f"{step}.ipynb", released(step))
    return folder


@pytest.fixture(scope="module")
def gradable_course(course: Path) -> Path:
    """The same with nbgrader's own release of the step that is graded."""
    make_release(course, [STEP])
    return course


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(Limits(total_seconds=3600.0)) as sandbox:
        yield sandbox


@pytest.mark.slow
@pytest.mark.parametrize(("name", "content", "states"), ODD.values(), ids=ODD.keys())
def test_check_and_grade_give_an_odd_file_the_same_verdicts(
    gradable_course, sandbox, tmp_path, name, content, states
):
    course, path = gradable_course, tmp_path / "inbox" / "ada" / name
    path.parent.mkdir(parents=True)
    path.write_text(content(), encoding="utf-8")
    [record] = collect(path.parent.parent, course)
    assert record.taken and record.step == STEP
    api = open_course(course)
    with Writer(api) as writer:
        run = GradingRun(api, writer)
        submission = run.read("ada", [STEP])
        job = run.job(submission)
    graded = judge_job(job, sandbox)[STEP]
    checked = judge_file(path, course, sandbox, job.seed)
    assert [verdict.state for verdict in graded.values()] == list(states)
    assert {name: (v.state, v.message) for name, v in checked.items()} == {
        name: (v.state, v.message) for name, v in graded.items()
    }


def test_release_of_a_course_without_one_is_that_of_the_students():
    for step in all_steps():
        notebook = released_cells(step, Path("nowhere"))
        assert [cell.source for cell in notebook.cells] == [
            "".join(cell["source"]) for cell in released(step)["cells"]
        ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>", "is a web page (HTML)"),
        (b"", "is empty"),
        (b'{"nbformat": 4, "cells": [{"cell_type"', "cut off"),
        (
            b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "x"}]}',
            "not a notebook of this course",
        ),
    ],
)
def test_file_that_is_no_notebook_of_the_course_is_named_with_a_reason(course, tmp_path, content, reason):
    path = tmp_path / f"{STEP}.ipynb"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"{STEP}.ipynb") as error:
        read_submitted(path, releases_of(course))
    assert reason in str(error.value) and "\n" not in str(error.value)


def test_missing_file_ends_check_with_one_sentence(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("sys.argv", ["autograder", "check", str(tmp_path / "none.ipynb")])
    monkeypatch.setenv("DETR_COURSE", str(tmp_path / "course"))
    assert __main__.main() == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_notebooks_beside_a_trained_model_are_found_under_other_names(course, tmp_path):
    """The given one counts, also where another one of the same step lies beside it."""
    inbox, target = tmp_path / "ada", tmp_path / "target"
    target.mkdir()
    write_json(inbox / "my encoder.ipynb", answered())
    write_json(inbox / "z.ipynb", released("09_training"))
    given = released("09_training")
    given["cells"].append({"cell_type": "code", "metadata": {}, "source": "mine = 1"})
    write_json(inbox / "a.ipynb", given)
    (inbox / "broken.ipynb").write_text("{")
    (inbox / NAME).write_bytes(b"weights")
    collect_beside(inbox / "a.ipynb", releases_of(course), target)
    assert {path.name for path in target.iterdir()} == {f"{STEP}.ipynb", "09_training.ipynb", NAME}
    assert "mine = 1" in (target / "09_training.ipynb").read_text()
    encoder = json.loads((target / f"{STEP}.ipynb").read_text())
    assert not any(is_unwritten("".join(cell["source"])) for cell in encoder["cells"])
