"""Test the sandbox of this machine: attempt from inside it what must be impossible."""

import os
import socket
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.sandbox import bubblewrap
from autograder.sandbox.availability import SandboxUnavailable, find_obstacle, is_enabled
from autograder.sandbox.limits import MIB, Limits
from autograder.sandbox.process import Sandbox
from autograder.sandbox.remote import RemoteError, lookup
from autograder.workspace.paths import AUTOGRADER, DATA, SOLUTIONS
from detrlab.cells.cell import Cell
from detrlab.checks.errors import CheckAborted

ESCAPES = Path(__file__).with_name("escapes.py")
SECRET = "DETR_DOCTOR_SECRET"


@dataclass(frozen=True)
class EscapeAttempt:
    """Something that must be impossible in a sandbox."""

    action: str  # for messages: what code would do
    name: str  # of the function in escapes.py that attempts it
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Result:
    """The result of an attempt to escape."""

    action: str
    possible: bool
    outcome: str  # what the attempt returned, or the error that refused it


def attempts(course: Path, port: int, name: str) -> list[EscapeAttempt]:
    """List all attempts.

    Args:
        course: the course folder, which must not be readable.
        port: a TCP port of this machine with a listener.
        name: the abstract name of a socket with a listener.
    """
    pid = os.getpid()
    outside = pid + 100_000 if pid < 100 else pid  # a small pid may also exist in the sandbox
    disk = 4 * Limits().disk
    return [
        EscapeAttempt("read the solutions", "read", (str(SOLUTIONS.parent),)),
        EscapeAttempt("read the hidden checks", "read", (str(AUTOGRADER / "hidden"),)),
        EscapeAttempt(
            "read the slips and their sentences", "read", (str(AUTOGRADER / "authoring" / "slips"),)
        ),
        EscapeAttempt("read the numbers of the visible checks", "read", (str(DATA / "checks"),)),
        EscapeAttempt("read the gradebook and other submissions", "read", (str(course),)),
        EscapeAttempt("read the home folder of who grades", "read", (str(Path.home() / ".bashrc"),)),
        EscapeAttempt("read the machine's user list", "read", ("/etc/passwd",)),
        EscapeAttempt("import the instructor's package", "import_course", ("autograder.hidden",)),
        EscapeAttempt("see the grader's environment", "find_secret", (SECRET,)),
        EscapeAttempt(
            "write into Python's own folder", "write", (str(Path(os.__file__).with_name("x")),)
        ),
        EscapeAttempt("write into detrlab", "write", (str(bubblewrap.DETRLAB / "x"),)),
        EscapeAttempt("write to the top of the file system", "write", ("/x",)),
        EscapeAttempt("write beside the devices", "write", ("/dev/x",)),
        EscapeAttempt("change a setting of the kernel", "change_kernel_setting"),
        EscapeAttempt("reach a server on this machine", "connect", (("127.0.0.1", port),)),
        EscapeAttempt("reach a socket by its abstract name", "connect_abstract", (name,)),
        EscapeAttempt("reach another machine", "connect", (("192.0.2.1", 80),)),
        EscapeAttempt("look up a name on the network", "resolve", ("example.com",)),
        EscapeAttempt("see other processes", "see_other_processes"),
        EscapeAttempt("signal the grader's process", "send_signal", (outside,)),
        EscapeAttempt("trace the process that started it", "trace_parent"),
        EscapeAttempt("write into the memory of the process that started it", "write_parent_memory"),
        EscapeAttempt("mount a file system", "mount"),
        EscapeAttempt("open a new user namespace", "new_user_namespace"),
        EscapeAttempt("open a new user namespace by clone", "clone_user_namespace"),
        EscapeAttempt("become root", "become", (0,)),
        EscapeAttempt("have any privilege", "have_capabilities"),
        EscapeAttempt("take memory that no limit counts", "create_anonymous_file"),
        EscapeAttempt("take 5 GB of memory", "allocate", (5000 * MIB,)),
        EscapeAttempt("have 200 processes at once", "fork", (200,)),
        EscapeAttempt("hold 1,000 files open", "open_files", (1000,)),
        EscapeAttempt("write a file of 256 MiB", "write_one_file", (256 * MIB,)),
        EscapeAttempt("fill the home folder's disk", "fill", (bubblewrap.HOME, disk)),
        EscapeAttempt("fill the disk of /tmp", "fill", ("/tmp", disk)),
        EscapeAttempt("fill the disk of /dev/shm", "fill", ("/dev/shm", disk)),
    ]


@contextmanager
def listeners() -> Iterator[tuple[int, str]]:
    """Listen on a TCP port of this machine and on an abstract socket name; yield both."""
    name = f"doctor-{uuid.uuid4()}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unix:
        unix.bind("\0" + name)
        unix.listen()
        yield server.getsockname()[1], name


def examine(course: Path) -> list[Result]:
    """Make all attempts from inside a sandbox, each in a session of its own.

    Raises:
        SandboxUnavailable: if this machine has no sandbox.
    """
    if obstacle := find_obstacle():
        raise SandboxUnavailable(obstacle)
    cells = [Cell(ESCAPES.read_text(encoding="utf-8"), "locked", "escapes")]
    os.environ[SECRET] = "found"
    try:
        with tempfile.TemporaryDirectory() as canary, listeners() as (port, name):
            all_attempts = attempts(course, port, name)
            all_attempts.append(EscapeAttempt("write outside", "write", (str(Path(canary, "x")),)))
            with Sandbox(replace(Limits(), total_seconds=600.0)) as sandbox:
                return [
                    Result(attempt.action, *try_attempt(sandbox, cells, attempt))
                    for attempt in all_attempts
                ]
    finally:
        del os.environ[SECRET]


def try_attempt(sandbox: Sandbox, cells: list[Cell], attempt: EscapeAttempt) -> tuple[bool, str]:
    """Make one attempt in a session of its own; return whether it was possible, and how it ended."""
    try:
        with sandbox.session("00_doctor", cells) as session:
            possible, outcome = lookup(session, "attempt")(attempt.name, *attempt.arguments)
            return bool(possible), str(outcome)
    except RemoteError as error:
        return True, f"the attempt itself failed, so nothing is known ({error})"
    except CheckAborted as end:  # ending the session is a refusal too
        return False, str(end)


def problems(results: Sequence[Result]) -> list[str]:
    """Return a message for each attempt that was possible."""
    return [
        f"Code in a sandbox can {result.action}: {result.outcome}."
        for result in results
        if result.possible
    ]


def require_safety(course: Path) -> None:
    """Make sure that the sandbox refuses every attempt, unless sandboxing is switched off.

    Raises:
        SandboxUnavailable: if code in a sandbox can do what must be impossible, or there is no sandbox.
    """
    if is_enabled() and (messages := problems(examine(course))):
        raise SandboxUnavailable(
            "\n".join([*messages, "Nothing is graded like this: python -m autograder doctor"])
        )
