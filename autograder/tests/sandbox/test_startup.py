"""A worker that cannot start ends every command in one message that says why, and what to do."""

import shutil
import sys

import pytest

from autograder import __main__
from autograder.sandbox import bubblewrap
from autograder.sandbox.availability import SandboxUnavailable
from autograder.sandbox.endings import NotStarted, explain_startup
from autograder.sandbox.process import Sandbox
from autograder.sandbox.remote import lookup
from autograder.workspace.paths import NOTEBOOKS
from detrlab.cells.cell import Cell

CELLS = [Cell("answer = 42", "todo", "answer")]


@pytest.fixture
def broken_worker(tmp_path, monkeypatch):
    """Put a worker in place that imports a package which is not there."""
    worker = tmp_path / "worker.py"
    worker.write_text("import a_package_of_somebody\n")
    monkeypatch.setattr(bubblewrap, "WORKER", worker)
    return worker


def run(monkeypatch, capsys, *arguments: object) -> tuple[int, str]:
    """Run a command; return its exit code and what it prints to stderr."""
    monkeypatch.setattr(sys, "argv", ["autograder", *map(str, arguments)])
    code = __main__.main()
    return code, capsys.readouterr().err.strip()


@pytest.mark.sandbox
@pytest.mark.parametrize("command", ["doctor", "grade", "check"])
def test_commands_name_the_missing_package(broken_worker, command, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DETR_COURSE", str(tmp_path / "course"))
    notebook = tmp_path / "inbox" / "03_encoder.ipynb"
    notebook.parent.mkdir()
    shutil.copy(NOTEBOOKS / notebook.name, notebook)
    arguments = {"doctor": [], "grade": [notebook.parent], "check": [notebook]}[command]
    code, message = run(monkeypatch, capsys, command, *arguments)
    assert code == 1
    assert message.startswith("The process that runs submissions does not start here: ")
    assert "ModuleNotFoundError: No module named 'a_package_of_somebody'." in message
    assert 'install the course there, with pip install -e ".[instructor]".' in message
    assert len(message.splitlines()) == 1


def test_session_raises_sandbox_unavailable(broken_worker):
    with Sandbox() as sandbox, pytest.raises(SandboxUnavailable, match="a_package_of_somebody"):
        sandbox.start()


def test_worker_that_worked_before_and_does_not_start_again_is_no_verdict(broken_worker):
    with Sandbox() as sandbox:
        sandbox.has_worked = True
        with (
            pytest.raises(NotStarted, match="a_package_of_somebody"),
            sandbox.session("03_encoder", CELLS),
        ):
            raise AssertionError("there is no session")


@pytest.mark.parametrize(
    ("stderr", "words"),
    [
        (b"", "it ended without a word. Is there enough memory"),
        (
            b"Traceback\n  File x\nImportError: libc10.so: cannot open\n",
            "neither PYTHONPATH nor packages",
        ),
        (b"bwrap: Can't find source path /x\n", "bwrap: Can't find source path /x. Run"),
        (b"\xff\x1b[31m" + b"x" * 5000, "does not start here: \ufffd?[31mxxx"),
    ],
    ids=["nothing", "import", "bubblewrap", "garbage"],
)
def test_last_line_of_stderr_is_explained(stderr, words):
    message = explain_startup(stderr)
    assert words in message
    assert message.isprintable() and len(message) < 700


def test_worker_uses_the_detrlab_of_who_asks():
    """An editable install that points elsewhere, or none at all, makes no difference."""
    source = "import detrlab\ndef place():\n    return detrlab.__file__"
    cells = [Cell(source, "todo", "place")]
    with Sandbox() as sandbox, sandbox.session("03_encoder", cells) as session:
        assert lookup(session, "place")() == str(bubblewrap.DETRLAB / "__init__.py")
