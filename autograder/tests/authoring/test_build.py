"""One source, one direction: what is committed equals a fresh build, and holds no answer."""

import json
import shutil
import zipfile

import pytest

from autograder import hidden
from autograder.authoring import build, slips
from autograder.hidden.fixtures import VISIBLE_SEED, fixture
from detrlab.check import FIXTURES
from detrlab.checks import codec
from detrlab.checks.judging import agree
from detrlab.checks.outcome import Outcome

pytestmark = pytest.mark.xdist_group("build")  # one process, so that what they share is made once

NOTEBOOK = """# %% [markdown]
# # A step

# %% locked="setup"
x = 1

# %% todo="double"
def double(number):
    ### BEGIN SOLUTION
    return 2 * number
    ### END SOLUTION

# %% tests="double" points=2
check.double(double)
### BEGIN HIDDEN TESTS
hidden.double(double)
### END HIDDEN TESTS

# %% [markdown] hints="double"
# <details><summary>Hint</summary>twice</details>

# %%
double(4)

# %% [markdown] written="why" points=1
# **Model answer.** Because.
"""


@pytest.fixture
def source(tmp_path, monkeypatch):
    """Return a function that puts a source in place of the course's and reads it."""
    monkeypatch.setattr(build, "SOLUTIONS", tmp_path)

    def read(text):
        (tmp_path / "00_small.py").write_text(text, encoding="utf-8")
        return build.read_source("00_small")

    return read


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return two fresh builds of the student notebooks."""
    return [build.notebooks(tmp_path_factory.mktemp(name)) for name in ("first", "second")]


def test_markers_become_nbgrader_metadata(source):
    cells = source(NOTEBOOK).cells
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells]
    assert ids == [None, "locked_setup", "todo_double", "tests_double", None, None, "written_why"]
    assert cells[3].metadata.nbgrader.points == 2
    assert cells[3].metadata.nbgrader.locked and not cells[2].metadata.nbgrader.locked
    assert cells[4].metadata.detrlab.hints == "double"
    assert cells[5].metadata.tags == ["demo"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('todo="double"', 'todos="double"'), "unknown key 'todos'"),
        (("points=2", "point=2"), "unknown key 'point'"),
        ((" points=2", ""), "points belong on cells with tests"),
        (('todo="double"', 'todo="double" points=3'), "points belong on cells with tests"),
        (('todo="double"', 'todo="double" locked="x"'), "a cell has one role"),
        (('[markdown] written="why"', 'written="why"'), "has to be a markdown cell"),
        (('locked="setup"', 'tests="double" points=1'), "two cells are called tests_double"),
    ],
)
def test_a_wrong_marker_is_named(source, change, sentence):
    with pytest.raises(build.SourceError, match=sentence):
        source(NOTEBOOK.replace(*change))


def test_two_builds_are_identical_and_committed(built):
    first, second = built
    assert [path.stem for path in first] == build.steps()
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
        committed = build.NOTEBOOKS / one.name
        assert committed.read_bytes() == one.read_bytes(), f"{one.name}: run `make notebooks`"
    assert {p.name for p in build.NOTEBOOKS.glob("*.ipynb")} == {p.name for p in first}


def test_executed_solutions_have_the_committed_source():
    for step in build.steps():
        path = build.SOLUTIONS / f"{step}.ipynb"
        executed = json.loads(path.read_text(encoding="utf-8"))
        cells = [(cell["cell_type"], "".join(cell["source"])) for cell in executed["cells"]]
        source = [(cell.cell_type, cell.source) for cell in build.read_source(step).cells]
        assert cells == source, f"{path.name}: run `make solutions`"


EXERCISES = [e.name for step in build.steps() for e in build.exercises(step)]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_fixtures_hold_what_is_right(exercise):
    """And the slips' sentences; that a fixture knows each slip when it sees it, test_answers.py shows."""
    committed = codec.read(FIXTURES / f"{exercise}.safetensors")
    step, _ = hidden.step_of(exercise)
    says = [slip.says for slip in slips.slips(step) if slip.grade_id == exercise]
    assert [slip["says"] for slip in committed["slips"]] == says
    cases = hidden.draw_cases(exercise, VISIBLE_SEED)
    right = hidden.observe_all(exercise, hidden.reference(exercise), cases)
    for old, new in zip(committed["right"], right, strict=True):
        assert agree(Outcome.from_data(old), new), "run `make notebooks`"


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES)
def test_fixtures_are_those_of_the_source(exercise):
    fresh = fixture(exercise)
    committed = codec.read(FIXTURES / f"{exercise}.safetensors")
    pairs = [*zip(committed["right"], fresh["right"], strict=True)]
    for old, new in zip(committed["slips"], fresh["slips"], strict=True):
        pairs += zip(old["outcomes"], new["outcomes"], strict=True)
    for old, new in pairs:
        assert agree(Outcome.from_data(old), Outcome.from_data(new)), "run `make notebooks`"


def secret_lines():
    """Yield the lines of solutions, model answers and hidden checks that are long enough to tell."""
    for step in build.steps():
        for cell in build.read_source(step).cells:
            role = cell.metadata.get("nbgrader", {}).get("grade_id", "").partition("_")[0]
            secret = role == "written"
            for line in cell.source.split("\n"):
                if "### BEGIN" in line or "### END" in line:
                    secret = "BEGIN" in line
                elif secret and len(line.strip()) >= 24:
                    yield line.strip()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A bundle that was made while somebody's answers lay where they work."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "00_set_prediction.ipynb").write_text("my answers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "NOTEBOOKS", folder)
        return build.bundle(folder / "bundle.zip")


def test_the_bundle_holds_no_answer(bundle):
    with zipfile.ZipFile(bundle) as archive:
        texts = {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}
    names = " ".join(texts)
    assert "autograder" not in names and "solutions" not in names
    assert {"environment.yml", "pyproject.toml", "README.md"} <= {n.split("/")[-1] for n in texts}
    assert "my answers" not in texts.values() and len(set(texts)) == len(texts)
    secrets = list(secret_lines())
    assert len(secrets) > 20
    for name, text in texts.items():
        if name.endswith(".ipynb"):
            cells = json.loads(text)["cells"]
            text = "\n".join("".join(cell["source"]) for cell in cells)
            assert not any(cell.get("outputs") for cell in cells), name
        for marker in ("BEGIN SOLUTION", "BEGIN HIDDEN", "Model answer.", "Rubric.", "import hidden"):
            assert marker not in text, (name, marker)
        for secret in secrets:
            assert secret not in text, (name, secret)


def test_two_bundles_are_identical(bundle, tmp_path):
    assert build.bundle(tmp_path / "bundle.zip").read_bytes() == bundle.read_bytes()


def test_a_release_that_fails_leaves_the_old_one(tmp_path):
    """nbgrader deletes before it tries; without a release nothing could be graded any more."""
    old = tmp_path / "release"
    old.mkdir()
    (old / "step.ipynb").write_text("{}")
    with pytest.raises(build.SourceError), build.kept_on_failure(old, tmp_path / "source"):
        shutil.rmtree(old)
        (tmp_path / "source").mkdir()
        raise build.SourceError("no")
    assert (old / "step.ipynb").read_text() == "{}" and not (tmp_path / "source").exists()
