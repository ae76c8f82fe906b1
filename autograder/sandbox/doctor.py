"""Test the sandbox of this machine: attempt from inside it what must be impossible."""

import math
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
from autograder.sandbox.system_calls import number_of
from autograder.workspace.paths import AUTOGRADER, DATA, SOLUTIONS
from detrlab.cells.cell import Cell
from detrlab.checks.errors import CheckAborted

ESCAPES = Path(__file__).with_name("escapes")
SECRET = "DETR_DOCTOR_SECRET"
# System calls that no exercise needs, by what they are for.
KERNEL = {
    "share memory or messages that outlive a session": """
        shmget shmat shmctl shmdt semget semop semtimedop semctl msgget msgsnd msgrcv msgctl mq_open
        mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr
    """,
    "keep memory in files without a name, or in pipes": "memfd_create memfd_secret vmsplice splice tee",
    "have the kernel work on its own": """
        io_uring_setup io_uring_enter io_uring_register io_setup io_submit io_getevents userfaultfd
    """,
    "use other processes": """
        ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_open
        pidfd_getfd pidfd_send_signal move_pages migrate_pages
    """,
    "change mounts or namespaces": """
        mount umount2 pivot_root chroot unshare setns open_tree move_mount fsopen fsconfig fsmount fspick
        mount_setattr clone3
    """,
    "observe the kernel, or hand it programs": """
        bpf perf_event_open seccomp syslog lookup_dcookie fanotify_init inotify_init1 open_by_handle_at
        name_to_handle_at landlock_create_ruleset personality modify_ldt
    """,
    "use the kernel's keys": "keyctl add_key request_key",
    "administer the machine": """
        init_module finit_module delete_module acct quotactl swapon swapoff settimeofday clock_settime
        adjtimex clock_adjtime sethostname setdomainname iopl ioperm vhangup
    """,
}
# The flags of clone that make a namespace: of mounts, cgroups, names, IPC, users, processes, networks.
NAMESPACES = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)


@dataclass(frozen=True)
class EscapeAttempt:
    """Something that must be impossible in a sandbox."""

    action: str  # for messages: what code would do
    name: str  # of the function in escapes.py that attempts it
    arguments: tuple[Any, ...] = ()
    seconds: float | None = None  # which its session may take; by default as long as any


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
        EscapeAttempt("share memory without a file", "map_shared", ("",)),
        EscapeAttempt("share memory of /dev/zero", "map_shared", ("/dev/zero",)),
        EscapeAttempt("keep 4 MiB in a socket", "widen_socket", (4 * MIB,)),
        *(
            EscapeAttempt(f"use CPU time that is in no sum ({way})", "hide_time_of_children", (way,))
            for way in ("SIG_IGN", "SA_NOCLDWAIT")
        ),
        EscapeAttempt("compute for long in short-lived children", "compute_in_children", (8, 0), 2.0),
        EscapeAttempt("compute for long in orphans", "compute_in_children", (8, 1), 2.0),
        *kernel_attempts(),
    ]


def kernel_attempts() -> list[EscapeAttempt]:
    """List the attempts to have the kernel answer."""
    numbers = {name: number_of(name) for name in " ".join(KERNEL.values()).split()}
    by_kind = {
        kind: {name: numbers[name] for name in names.split() if numbers[name] >= 0}
        for kind, names in KERNEL.items()
    }
    socket_call, clone, getpid = map(number_of, ("socket", "clone", "getpid"))
    return [
        *(EscapeAttempt(kind, "ask_kernel", (calls,)) for kind, calls in by_kind.items()),
        EscapeAttempt("open a socket to the hypervisor or a network", "open_sockets", (socket_call, 0)),
        EscapeAttempt("open one by a number that the kernel cuts off", "open_sockets", (socket_call, 1)),
        EscapeAttempt("open new namespaces by clone", "new_namespaces", (clone, list(NAMESPACES))),
        EscapeAttempt("make system calls of 32 bits", "call_by_32_bits"),
        EscapeAttempt("make system calls of x32", "call_by_x32", (getpid,)),
    ]


@contextmanager
def listeners() -> Iterator[tuple[int, str]]:
    """Listen on a TCP port of this machine and on an abstract socket name; yield both."""
    name = f"doctor-{uuid.uuid4()}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unix:
        unix.bind("\0" + name)
        unix.listen()
        yield server.getsockname()[1], name


def escapes() -> list[Cell]:
    """Return the attempts' functions, as cells of a notebook."""
    return [Cell(path.read_text(encoding="utf-8"), "locked", path.stem) for path in ESCAPES.glob("*.py")]


def examine(course: Path) -> list[Result]:
    """Make all attempts from inside a sandbox, each in a session of its own.

    Raises:
        SandboxUnavailable: if this machine has no sandbox.
    """
    if obstacle := find_obstacle():
        raise SandboxUnavailable(obstacle)
    cells = escapes()
    os.environ[SECRET] = "found"
    try:
        with tempfile.TemporaryDirectory() as canary, listeners() as (port, name):
            all_attempts = attempts(course, port, name)
            all_attempts.append(EscapeAttempt("write outside", "write", (str(Path(canary, "x")),)))
            with Sandbox(replace(Limits(), total_seconds=math.inf)) as sandbox:
                return [
                    Result(attempt.action, *try_attempt(sandbox, cells, attempt))
                    for attempt in all_attempts
                ]
    finally:
        del os.environ[SECRET]


def try_attempt(sandbox: Sandbox, cells: list[Cell], attempt: EscapeAttempt) -> tuple[bool, str]:
    """Make one attempt in a session of its own; return whether it was possible, and how it ended."""
    try:
        with sandbox.session("00_doctor", cells, attempt.seconds) as session:
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
