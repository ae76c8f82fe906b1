"""What a sandboxed process has at its start."""

import pytest

from autograder.sandbox import bubblewrap
from autograder.sandbox.process import Sandbox
from autograder.sandbox.remote import lookup
from detrlab.cells.cell import Cell

SOURCE = """
import os
def look():
    files = len(os.listdir("/proc/self/fd")) - 1
    return sorted(os.environ), files, os.getuid(), os.getcwd()
"""
SET_BY_PYTHON_AND_TORCH = {"LC_CTYPE", "PWD", "TORCHINDUCTOR_CACHE_DIR"}


@pytest.mark.sandbox
def test_sandboxed_process_has_only_the_intended_environment_and_open_files(monkeypatch):
    monkeypatch.setenv("A_SECRET", "of the grader")
    with Sandbox() as sandbox, sandbox.session("00_look", [Cell(SOURCE, "locked", "look")]) as session:
        names, files, user, folder = lookup(session, "look")()
    assert set(names) <= {*bubblewrap.environment(), *SET_BY_PYTHON_AND_TORCH}
    assert files <= 7 and folder == bubblewrap.HOME  # three of devnull, two ends of pipes
    assert user != 0
