"""Look whether submissions can be locked in here: try from inside a sandbox what must be impossible."""

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
from detrlab.checks.errors import CheckAborted
from detrlab.steps import Cell

ESCAPES = Path(__file__).with_name("escapes.py")
SECRET = "DETR_DOCTOR_SECRET"


@dataclass(frozen=True)
class EscapeAttempt:
    """Something that must be impossible in a sandbox: what it would be to do it, and how it is tried."""

    would: str
    name: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Result:
    """What came of an attempt: whether it was possible, which must not be, and how it ended."""

    would: str
    possible: bool
    ended: str


def attempts(course: Path, port: int, name: str) -> list[EscapeAttempt]:
    """List what is tried; on this machine there is a listener on `port` and on the abstract `name`."""
    me = os.getpid()
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
        EscapeAttempt("see other processes", "see_others"),
        EscapeAttempt("signal the grader's process", "send_signal", (me + 100_000 if me < 100 else me,)),
        EscapeAttempt("trace the process that started it", "trace_parent"),
        EscapeAttempt("write into the memory of the process that started it", "write_parent_memory"),
        EscapeAttempt("mount a file system", "mount"),
        EscapeAttempt("open a new user namespace", "new_user_namespace"),
        EscapeAttempt("open a new user namespace by clone", "clone_user_namespace"),
        EscapeAttempt("become root", "become", (0,)),
        EscapeAttempt("have any privilege", "own_capabilities"),
        EscapeAttempt("take memory that no limit counts", "memory_without_a_name"),
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
    """Listen on a port of this machine and on an abstract name; yield both."""
    name = f"doctor-{uuid.uuid4()}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unix:
        unix.bind("\0" + name)
        unix.listen()
        yield server.getsockname()[1], name


def examine(course: Path) -> list[Result]:
    """Try everything from inside a sandbox, each attempt in a session of its own.

    SandboxUnavailable where there is none.
    """
    if obstacle := find_obstacle():
        raise SandboxUnavailable(obstacle)
    cells = [Cell(ESCAPES.read_text(encoding="utf-8"), "locked", "escapes")]
    os.environ[SECRET] = "found"
    try:
        with tempfile.TemporaryDirectory() as canary, listeners() as (port, name):
            tried = attempts(course, port, name)
            tried.append(EscapeAttempt("write outside", "write", (str(Path(canary, "x")),)))
            with Sandbox(replace(Limits(), total_seconds=600.0)) as sandbox:
                return [Result(one.would, *try_one(sandbox, cells, one)) for one in tried]
    finally:
        del os.environ[SECRET]


def try_one(sandbox: Sandbox, cells: list[Cell], attempt: EscapeAttempt) -> tuple[bool, str]:
    """Try one thing in a session of its own; return whether it was possible, and how it ended."""
    try:
        with sandbox.session("00_doctor", cells) as session:
            possible, ended = lookup(session, "attempt")(attempt.name, *attempt.arguments)
            return bool(possible), str(ended)
    except RemoteError as error:
        return True, f"the attempt itself failed, so nothing is known ({error})"
    except CheckAborted as end:  # stopped for it: that is a refusal too
        return False, str(end)


def problems(results: Sequence[Result]) -> list[str]:
    """Return a line for each thing that was possible."""
    return [f"Code in a sandbox can {one.would}: {one.ended}." for one in results if one.possible]


def require_safety(course: Path) -> None:
    """Raise SandboxUnavailable where code in a sandbox can do what it must not."""
    if is_enabled() and (found := problems(examine(course))):
        raise SandboxUnavailable(
            "\n".join([*found, "Nothing is graded like this: python -m autograder doctor"])
        )
