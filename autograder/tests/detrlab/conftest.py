"""A learner's folder of notebooks, and a notebook session without Jupyter."""

import shutil
from types import SimpleNamespace

import IPython
import IPython.display
import pytest

from autograder.workspace.paths import NOTEBOOKS
from detrlab.study import session


@pytest.fixture
def week(tmp_path, monkeypatch):
    """Return a folder with the week's notebooks, which is the current one; nothing was checked yet."""
    for path in NOTEBOOKS.glob("*.ipynb"):
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    session.checked.clear()
    session.hints_shown.clear()
    yield tmp_path
    session.checked.clear()
    session.hints_shown.clear()


@pytest.fixture
def notebook(monkeypatch):
    """Pretend to be in a notebook; return the list of what is displayed, each with its metadata."""
    displayed = []

    def display(bundle, metadata=None, raw=True):
        displayed.append((bundle, metadata))

    shell = SimpleNamespace(user_ns={"In": []})
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.setattr(IPython.display, "display", display)
    return displayed
