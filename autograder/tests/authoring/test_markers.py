"""Markers in a source become nbgrader's metadata; a wrong one is named."""

from collections.abc import Callable

import pytest
from nbformat import NotebookNode

from autograder.authoring.markers import SourceError
from autograder.authoring.sources import read_source

SOURCE = """# %% [markdown]
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
def read(tmp_path, monkeypatch) -> Callable[[str], NotebookNode]:
    """Return a function that reads a text as if it were a source of the course."""
    monkeypatch.setattr("autograder.authoring.sources.SOLUTIONS", tmp_path)

    def read_text(text: str) -> NotebookNode:
        (tmp_path / "00_small.py").write_text(text, encoding="utf-8")
        return read_source("00_small")

    return read_text


def test_markers_become_nbgrader_metadata(read):
    cells = read(SOURCE).cells
    grade_ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells]
    assert grade_ids == [
        None, "locked_setup", "todo_double", "tests_double", None, None, "written_why",
    ]  # fmt: skip
    assert cells[3].metadata.nbgrader.points == 2
    assert cells[3].metadata.nbgrader.locked and not cells[2].metadata.nbgrader.locked
    assert cells[4].metadata.detrlab.hints == "double"
    assert cells[5].metadata.tags == ["demo"]


@pytest.mark.parametrize(
    ("change", "message"),
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
def test_wrong_marker_is_named(read, change, message):
    with pytest.raises(SourceError, match=message):
        read(SOURCE.replace(*change))
