"""One source, one direction: what is committed equals a fresh build, and holds no answer."""

import json
import shutil
import zipfile

import pytest

from autograder.authoring import known_answers
from autograder.authoring.bundle import make_bundle
from autograder.authoring.exercises import exercises_of, step_of
from autograder.authoring.markers import SourceError
from autograder.authoring.release import build_notebooks, kept_on_failure
from autograder.authoring.sources import all_steps, read_source
from autograder.hidden.cases import draw_cases
from autograder.hidden.checking import observe_all
from autograder.hidden.fixtures import VISIBLE_SEED, fixture
from autograder.hidden.reference import reference
from autograder.workspace.paths import NOTEBOOKS, SOLUTIONS
from detrlab.check import FIXTURES
from detrlab.checks import codec
from detrlab.checks.comparing import agree
from detrlab.checks.observing import Outcome

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
    monkeypatch.setattr("autograder.authoring.sources.SOLUTIONS", tmp_path)

    def read(text):
        (tmp_path / "00_small.py").write_text(text, encoding="utf-8")
        return read_source("00_small")

    return read


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return two fresh builds of the student notebooks."""
    return [build_notebooks(tmp_path_factory.mktemp(name)) for name in ("first", "second")]


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
    with pytest.raises(SourceError, match=sentence):
        source(NOTEBOOK.replace(*change))


def test_two_builds_are_identical_and_committed(built):
    first, second = built
    assert [path.stem for path in first] == all_steps()
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
        committed = NOTEBOOKS / one.name
        assert committed.read_bytes() == one.read_bytes(), f"{one.name}: run `make notebooks`"
    assert {p.name for p in NOTEBOOKS.glob("*.ipynb")} == {p.name for p in first}


def test_executed_solutions_have_the_committed_source():
    for step in all_steps():
        path = SOLUTIONS / f"{step}.ipynb"
        executed = json.loads(path.read_text(encoding="utf-8"))
        cells = [(cell["cell_type"], "".join(cell["source"])) for cell in executed["cells"]]
        source = [(cell.cell_type, cell.source) for cell in read_source(step).cells]
        assert cells == source, f"{path.name}: run `make solutions`"


EXERCISES = [e.name for step in all_steps() for e in exercises_of(step)]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_fixtures_hold_what_is_right(exercise):
    """And the slips' sentences; that a fixture knows each slip when it sees it, test_answers.py shows."""
    committed = codec.read(FIXTURES / f"{exercise}.safetensors")
    step, _ = step_of(exercise)
    messages = [slip.message for slip in known_answers.slips(step) if slip.exercise == exercise]
    assert [slip["says"] for slip in committed["slips"]] == messages
    cases = draw_cases(exercise, VISIBLE_SEED, reference)
    right = observe_all(exercise, reference(exercise), cases)
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
    for step in all_steps():
        for cell in read_source(step).cells:
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
        patch.setattr("autograder.authoring.release.NOTEBOOKS", folder)
        return make_bundle(folder / "bundle.zip")


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
    assert make_bundle(tmp_path / "bundle.zip").read_bytes() == bundle.read_bytes()


def test_a_release_that_fails_leaves_the_old_one(tmp_path):
    """nbgrader deletes before it tries; without a release nothing could be graded any more."""
    old = tmp_path / "release"
    old.mkdir()
    (old / "step.ipynb").write_text("{}")
    with pytest.raises(SourceError), kept_on_failure(old, tmp_path / "source"):
        shutil.rmtree(old)
        (tmp_path / "source").mkdir()
        raise SourceError("no")
    assert (old / "step.ipynb").read_text() == "{}" and not (tmp_path / "source").exists()
