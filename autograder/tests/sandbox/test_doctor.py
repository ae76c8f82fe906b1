"""The doctor attempts what must be impossible in a sandbox, and finds it if it is possible."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.sandbox import doctor
from autograder.sandbox.availability import SETTING, SandboxUnavailable
from autograder.sandbox.process import Sandbox
from autograder.workspace.paths import AUTOGRADER, default_course

# What does no harm where it succeeds.
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
    "share memory without a file",
    "share memory of /dev/zero",
    "keep 4 MiB in a socket",
    "use CPU time that is in no sum (SIG_IGN)",
    "use CPU time that is in no sum (SA_NOCLDWAIT)",
    "share memory or messages that outlive a session",
    "keep memory in files without a name, or in pipes",
    "use other processes",
    "open a socket to the hypervisor or a network",
    "open one by a number that the kernel cuts off",
)


@pytest.mark.slow
@pytest.mark.sandbox
def test_every_attempt_fails_in_a_sandbox():
    results = doctor.examine(default_course())
    assert len(results) > 50
    assert doctor.problems(results) == []


@pytest.mark.slow
def test_harmless_attempts_succeed_without_a_sandbox(monkeypatch, tmp_path):
    """Else the doctor would find nothing anywhere."""
    monkeypatch.setenv(SETTING, "1")
    with doctor.listeners() as (port, name), Sandbox() as process:
        attempts = doctor.attempts(default_course(), port, name)
        attempts = [attempt for attempt in attempts if attempt.action in HARMLESS]
        attempts.append(doctor.EscapeAttempt("write outside", "write", (str(tmp_path / "x"),)))
        cells = doctor.escapes()
        results = {attempt.action: doctor.try_attempt(process, cells, attempt) for attempt in attempts}
    assert len(results) == len(HARMLESS) + 1
    assert not {action: outcome for action, (possible, outcome) in results.items() if not possible}


def run_as_ordinary_user(*command: str) -> subprocess.CompletedProcess:
    """Run a command as a user who is not root, and who may use root's Python and this repository."""
    shown, hidden = [Path(sys.base_prefix), AUTOGRADER.parent], ["/root", "/tmp"]
    words = ["bwrap", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--ro-bind", "/", "/"]
    words += ["--dev-bind", "/dev", "/dev", "--bind", "/proc", "/proc"]
    words += [word for folder in hidden for word in ("--perms", "1777", "--tmpfs", folder)]
    for path in shown:
        for parent in reversed(path.parents):  # those that bubblewrap makes are for root alone
            if any(parent.is_relative_to(folder) for folder in hidden):
                words += ["--dir", str(parent)]
        words += ["--ro-bind", str(path), str(path)]
    words += ["--chdir", str(AUTOGRADER.parent)]
    words += ["setpriv", "--reuid", "4321", "--regid", "4321", "--clear-groups", *command]
    environment = {"PATH": os.environ["PATH"], "HOME": "/tmp", "LANG": "C.UTF-8"}
    return subprocess.run(
        words, capture_output=True, text=True, timeout=500, check=False, env=environment
    )


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_every_attempt_fails_where_an_ordinary_user_grades():
    process = run_as_ordinary_user(sys.executable, "-m", "autograder", "doctor")
    output = process.stdout + process.stderr
    assert process.stdout.endswith("Submissions can be locked in here.\n"), output
    assert process.returncode == 0 and "POSSIBLE" not in process.stdout


def test_attempt_that_succeeds_stops_grading(monkeypatch):
    results = [doctor.Result("read the solutions", True, "it holds 13 files")]
    monkeypatch.setattr(doctor, "examine", lambda course: results)
    message = r"Code in a sandbox can read the solutions: it holds 13 files\."
    with pytest.raises(SandboxUnavailable, match=message):
        doctor.require_safety(default_course())
