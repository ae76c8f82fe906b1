"""Fixtures that more than one test file uses."""

import json
import shutil
import sys
from types import SimpleNamespace

import pytest

from autograder import build
from detrlab import study
from detrlab import week as states


@pytest.fixture
def week(tmp_path, monkeypatch):
    """Return a folder with the week's notebooks that is the current one."""
    for path in build.NOTEBOOKS.glob("*.ipynb"):
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(study, "asked", study.Counter())
    states.marks.clear()
    yield tmp_path
    states.marks.clear()


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


def fill(week, step, outputs=None, **changes):
    """Put texts and outputs into a notebook's cells, by grade_id, and save it; return it and its path."""
    path = week / f"{step}.ipynb"
    content = json.loads(path.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = changes.get(name, cell["source"])
        if name in (outputs or {}):
            stream = {"output_type": "stream", "name": "stdout", "text": [outputs[name]]}
            cell["outputs"] = [stream]
    path.write_text(json.dumps(content), encoding="utf-8")
    return content, path
