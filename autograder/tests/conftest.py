"""Tests of the sandbox are skipped where there is none, with the reason; fixtures for several files."""

import os
import shutil
import sys
from types import SimpleNamespace

import pytest

from autograder.sandbox.availability import SETTING, find_obstacle
from autograder.workspace.paths import NOTEBOOKS
from detrlab.study import session

OBSTACLE = find_obstacle()


def pytest_configure(config):
    """Trust the course's own answers where they cannot be locked in."""
    if OBSTACLE:
        os.environ[SETTING] = "1"


def pytest_report_header():
    """Say at the top of each run whether code was locked in."""
    return f"sandbox: none. {OBSTACLE}" if OBSTACLE else "sandbox: bubblewrap"


def pytest_collection_modifyitems(items):
    """Skip what is about the sandbox itself."""
    for item in items:
        if OBSTACLE and item.get_closest_marker("sandbox"):
            item.add_marker(pytest.mark.skip(reason=OBSTACLE))


@pytest.fixture
def week(tmp_path, monkeypatch):
    """Return a folder with the week's notebooks that is the current one."""
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
    """Pretend to be in a notebook; return the list of what is displayed."""
    shown = []

    def display(bundle, metadata=None, raw=True):
        shown.append((bundle, metadata))

    shell = SimpleNamespace(user_ns={"In": []})
    fake = SimpleNamespace(get_ipython=lambda: shell, display=SimpleNamespace(display=display))
    fake.version_info = (9, 0)  # matplotlib asks
    monkeypatch.setitem(sys.modules, "IPython", fake)
    return shown
