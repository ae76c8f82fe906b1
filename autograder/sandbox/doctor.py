"""Look whether submissions can be locked in here: try from inside a box what must be impossible."""

import os
import socket
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.sandbox import lock
from autograder.sandbox.box import Box
from autograder.sandbox.lock import MIB
from autograder.sandbox.proxy import RemoteError, lookup
from autograder.workspace.settings import AUTOGRADER, COURSE
from detrlab.checks.outcome import BrokeOff
from detrlab.steps import Cell

ESCAPES = Path(__file__).with_name("escapes.py")
SECRET = "DETR_DOCTOR_SECRET"


@dataclass(frozen=True)
class Attempt:
    """Something that must be impossible in a box: what it would be to do it, and how it is tried."""

    would: str
    name: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Result:
    """What came of an attempt: whether it was possible, which must not be, and how it ended."""

    would: str
    possible: bool
    ended: str


def attempts(course: Path, port: int, name: str) -> list[Attempt]:
    """List what is tried; on this machine there is a listener on `port` and on the abstract `name`."""
    repository = AUTOGRADER.parent
    me = os.getpid()
    disk = 4 * lock.Limits().disk
    return [
        Attempt("read the solutions", "read", (str(repository / "solutions"),)),
        Attempt("read the hidden checks", "read", (str(AUTOGRADER / "hidden"),)),
        Attempt("read the slips and their sentences", "read", (str(AUTOGRADER / "authoring" / "slips"),)),
        Attempt("read the numbers of the visible checks", "read", (str(repository / "data" / "checks"),)),
        Attempt("read the gradebook and other submissions", "read", (str(course),)),
        Attempt("read the home folder of who grades", "read", (str(Path.home() / ".bashrc"),)),
        Attempt("read the machine's user list", "read", ("/etc/passwd",)),
        Attempt("import the instructor's package", "import_course", ("autograder.hidden",)),
        Attempt("see the grader's environment", "find_secret", (SECRET,)),
        Attempt("write into Python's own folder", "write", (str(Path(os.__file__).with_name("x")),)),
        Attempt("write into detrlab", "write", (str(Path(lock.detrlab.__file__).parent / "x"),)),
        Attempt("write to the top of the file system", "write", ("/x",)),
        Attempt("write beside the devices", "write", ("/dev/x",)),
        Attempt("change a setting of the kernel", "change_kernel_setting"),
        Attempt("reach a server on this machine", "connect", (("127.0.0.1", port),)),
        Attempt("reach a socket by its abstract name", "connect_abstract", (name,)),
        Attempt("reach another machine", "connect", (("192.0.2.1", 80),)),
        Attempt("look up a name on the network", "resolve", ("example.com",)),
        Attempt("see other processes", "see_others"),
        Attempt("signal the grader's process", "send_signal", (me + 100_000 if me < 100 else me,)),
        Attempt("trace the process that started it", "trace_parent"),
        Attempt("write into the memory of the process that started it", "write_parent_memory"),
        Attempt("mount a file system", "mount"),
        Attempt("open a new user namespace", "new_user_namespace"),
        Attempt("open a new user namespace by clone", "clone_user_namespace"),
        Attempt("become root", "become", (0,)),
        Attempt("have any privilege", "own_capabilities"),
        Attempt("take memory that no limit counts", "memory_without_a_name"),
        Attempt("take 5 GB of memory", "allocate", (5000 * MIB,)),
        Attempt("have 200 processes at once", "fork", (200,)),
        Attempt("hold 1,000 files open", "open_files", (1000,)),
        Attempt("write a file of 256 MiB", "write_one_file", (256 * MIB,)),
        Attempt("fill the home folder's disk", "fill", (lock.HOME, disk)),
        Attempt("fill the disk of /tmp", "fill", ("/tmp", disk)),
        Attempt("fill the disk of /dev/shm", "fill", ("/dev/shm", disk)),
    ]


@contextmanager
def listeners() -> Iterator[tuple[int, str]]:
    """Listen on a port of this machine and on an abstract name; yield both."""
    name = f"doctor-{uuid.uuid4()}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unix:
        unix.bind("\0" + name)
        unix.listen()
        yield server.getsockname()[1], name


def examine(course: Path = COURSE) -> list[Result]:
    """Try everything from inside a box, each in a process of its own. NoLock where there is no box."""
    if obstacle := lock.find_obstacle():
        raise lock.NoLock(obstacle)
    cells = [Cell(ESCAPES.read_text(encoding="utf-8"), "locked", "escapes")]
    os.environ[SECRET] = "found"
    try:
        with tempfile.TemporaryDirectory() as canary, listeners() as (port, name):
            tried = attempts(course, port, name)
            tried.append(Attempt("write outside", "write", (str(Path(canary, "x")),)))
            with Box(replace(lock.Limits(), total_seconds=600.0)) as box:
                return [Result(one.would, *try_one(box, cells, one)) for one in tried]
    finally:
        del os.environ[SECRET]


def try_one(box: Box, cells: list[Cell], attempt: Attempt) -> tuple[bool, str]:
    """Try one thing in a session of its own; return whether it was possible, and how it ended."""
    try:
        with box.session("00_doctor", cells) as session:
            possible, ended = lookup(session, "attempt")(attempt.name, *attempt.arguments)
            return bool(possible), str(ended)
    except RemoteError as error:
        return True, f"the attempt itself failed, so nothing is known ({error})"
    except BrokeOff as end:  # stopped for it: that is a refusal too
        return False, str(end)


def problems(results: Sequence[Result]) -> list[str]:
    """Return a line for each thing that was possible."""
    return [f"Code in a box can {one.would}: {one.ended}." for one in results if one.possible]


def require_safety(course: Path = COURSE) -> None:
    """Raise NoLock where something is possible in a box that must not be; nothing is graded then."""
    if lock.is_on() and (found := problems(examine(course))):
        raise lock.NoLock("\n".join([*found, "Nothing is graded like this: python -m autograder doctor"]))
