"""The sandbox holds: what must be impossible in it is; without a sandbox nothing is graded."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.sandbox import bubblewrap, doctor
from autograder.sandbox.availability import SETTING, SandboxUnavailable, require_sandbox
from autograder.sandbox.process import Sandbox
from autograder.sandbox.remote import lookup
from autograder.workspace.paths import AUTOGRADER, default_course
from detrlab.steps import Cell

ESCAPES = [Cell(doctor.ESCAPES.read_text(), "locked", "escapes")]
HARMLESS = (
    "read the solutions",
    "read the hidden checks",
    "read the slips and their sentences",
    "read the numbers of the visible checks",
    "import the instructor's package",
    "reach a server on this machine",
    "reach a socket by its abstract name",
    "see other processes",
    "signal the grader's process",
    "take memory that no limit counts",
    "hold 1,000 files open",
)


@pytest.mark.slow
@pytest.mark.sandbox
def test_nothing_is_possible_in_a_box():
    results = doctor.examine(default_course())
    assert len(results) > 30
    assert doctor.problems(results) == []


@pytest.mark.slow
def test_the_attempts_succeed_where_nothing_is_locked(monkeypatch):
    """Else the doctor would find nothing anywhere: the same functions, in a process without a lock."""
    monkeypatch.setenv(SETTING, "1")
    with (
        doctor.listeners() as (port, name),
        Sandbox() as sandbox,
        tempfile.TemporaryDirectory() as outside,
    ):
        tried = [one for one in doctor.attempts(default_course(), port, name) if one.would in HARMLESS]
        tried.append(doctor.EscapeAttempt("write outside", "write", (str(Path(outside, "x")),)))
        ended = {one.would: doctor.try_one(sandbox, ESCAPES, one) for one in tried}
    assert len(ended) == len(HARMLESS) + 1
    assert not {would: how for would, (possible, how) in ended.items() if not possible}


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_nothing_is_possible_for_an_ordinary_user(tmp_path):
    """The same command, typed by somebody who is not root and sees root's Python all the same."""
    python = Path(sys.base_prefix)
    home = ["--tmpfs", "/root"] if python.is_relative_to("/root") else []
    folders = [str(parent) for parent in reversed(python.parents) if parent.is_relative_to("/root")]
    made = [word for folder in folders[1:] for word in ("--dir", folder)]
    again = ["--ro-bind", str(python), str(python)] if home else []
    words = ["bwrap", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--ro-bind", "/", "/"]
    words += [
        "--dev-bind",
        "/dev",
        "/dev",
        "--bind",
        "/proc",
        "/proc",
        "--tmpfs",
        "/tmp",
        *home,
        *made,
        *again,
    ]
    repository = str(AUTOGRADER.parent)
    words += [
        "--ro-bind",
        repository,
        repository,
        "--chdir",
        repository,
        "--perms",
        "1777",
        "--tmpfs",
        "/tmp",
    ]
    words += ["setpriv", "--reuid", "4321", "--regid", "4321", "--clear-groups"]
    words += [sys.executable, "-m", "autograder", "doctor"]
    own = {"PATH": os.environ["PATH"], "HOME": "/tmp", "LANG": "C.UTF-8"}
    done = subprocess.run(words, capture_output=True, text=True, timeout=500, check=False, env=own)
    assert done.stdout.endswith("Submissions can be locked in here.\n"), done.stdout + done.stderr
    assert done.returncode == 0 and "POSSIBLE" not in done.stdout


@pytest.mark.sandbox
def test_a_learner_s_code_starts_with_little(monkeypatch):
    """Its environment and its open files are those that are meant."""
    monkeypatch.setenv("A_SECRET", "of the grader")
    source = """
import os
def look():
    files = len(os.listdir("/proc/self/fd")) - 1
    return sorted(os.environ), files, os.getuid(), os.getcwd()
"""
    with Sandbox() as sandbox, sandbox.session("00_look", [Cell(source, "locked", "look")]) as session:
        names, files, user, folder = lookup(session, "look")()
    assert set(names) <= {
        *bubblewrap.environment(),
        "LC_CTYPE",
        "PWD",
        "TORCHINDUCTOR_CACHE_DIR",
    }  # torch sets its own
    assert files <= 7 and folder == bubblewrap.HOME  # three to nowhere, two ends of pipes
    assert user != 0


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("autograder.sandbox.availability.sys.platform", "darwin", "exists for Linux only"),
        ("autograder.sandbox.availability.shutil.which", lambda name: None, "apt install bubblewrap"),
        (
            "autograder.sandbox.availability.sandboxed_command",
            lambda *a: ["false"],
            "cannot make a sandbox here",
        ),
    ],
)
def test_without_a_lock_nothing_is_graded(monkeypatch, name, value, words):
    require_sandbox.cache_clear()
    monkeypatch.setattr(name, value)
    with pytest.raises(SandboxUnavailable, match=words), Sandbox() as sandbox:
        sandbox.launch()
    monkeypatch.undo()
    require_sandbox.cache_clear()


def test_what_is_possible_stops_grading(monkeypatch):
    found = [doctor.Result("read the solutions", True, "it holds 13 files")]
    monkeypatch.setattr(doctor, "examine", lambda course: found)
    with pytest.raises(
        SandboxUnavailable,
        match=r"Code in a sandbox can read the solutions: it holds 13 files\.",
    ):
        doctor.require_safety(default_course())
