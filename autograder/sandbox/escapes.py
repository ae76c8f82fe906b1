"""Attempts to escape from a sandbox, for the doctor: each function returns on success, raises on failure.

This file is run like a learner's cells, in a session of a real sandbox, and sees what they see. The paths
to look for come from the doctor. Keep it free of imports from the course.
"""

import contextlib
import ctypes
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MIB = 2**20


def read(path):
    """Read a file, or list a folder."""
    return os.listdir(path) if os.path.isdir(path) else Path(path).read_bytes()[:10]


def write(path):
    """Write a file and delete it again."""
    Path(path).write_text("x")
    Path(path).unlink()


def fill(folder, most):
    """Write more than `most` bytes to a disk, in files of 32 MiB."""
    with contextlib.ExitStack() as stack:
        for number in range(most // (32 * MIB) + 1):
            file = stack.enter_context(open(Path(folder, f"fill-{number}"), "wb"))
            stack.callback(os.unlink, file.name)
            file.write(b"x" * 32 * MIB)
            file.flush()


def write_one_file(most):
    """Write one file of more than `most` bytes."""
    path = Path(tempfile.gettempdir(), "large")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with path.open("wb") as file:
            for _ in range(most // MIB + 1):
                file.write(b"x" * MIB)
    finally:
        path.unlink()


def connect(address):
    """Open a TCP connection."""
    socket.create_connection(address, timeout=3).close()


def resolve(name):
    """Look up a name on the network."""
    socket.getaddrinfo(name, 443)


def connect_abstract(name):
    """Connect to a socket of the machine by its abstract name."""
    with socket.socket(socket.AF_UNIX) as unix:
        unix.connect("\0" + name)


def see_other_processes():
    """List processes outside this sandbox, which holds bubblewrap, the worker and this process.

    Raises:
        PermissionError: if there are no others.
    """
    pids = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
    if pids == [1, 2, os.getpid()]:
        raise PermissionError("it sees its own alone")
    return pids


def send_signal(pid):
    """Send a signal to a process of the machine."""
    os.kill(pid, 0)


def system_call(name, *numbers):
    """Make a system call through the C library.

    Raises:
        OSError: if the call fails.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*numbers) == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def new_user_namespace():
    """Become root in a new user namespace."""
    subprocess.run(["unshare", "--user", "--map-root-user", "true"], check=True, capture_output=True)


def clone_user_namespace():
    """Become root in a new user namespace made by clone instead of unshare.

    Raises:
        OSError: if the call fails.
    """
    clone, clone_newuser, sigchld = 220 if platform.machine() == "aarch64" else 56, 0x10000000, 17
    child = ctypes.CDLL(None, use_errno=True).syscall(clone, clone_newuser | sigchld, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    if child == -1:
        raise OSError(ctypes.get_errno(), "clone")
    os.waitpid(child, 0)


def mount():
    """Mount a file system."""
    system_call("mount", b"none", b"/tmp", b"tmpfs", 0, None)


def trace_parent():
    """Attach to the parent process as a debugger does."""
    system_call("ptrace", 16, os.getppid(), 0, 0)


def write_parent_memory():
    """Open the memory of the parent process for writing."""
    os.close(os.open(f"/proc/{os.getppid()}/mem", os.O_RDWR))


def create_anonymous_file():
    """Get memory that no limit counts: an anonymous file."""
    os.close(os.memfd_create("x"))


def allocate(most):
    """Allocate more than `most` bytes of memory in one process.

    Raises:
        MemoryError: if that is refused.
    """
    blocks = [bytearray(64 * MIB) for _ in range(most // (64 * MIB) + 1)]
    if not blocks:
        raise MemoryError


def fork(count):
    """Run this many processes at once."""
    children = []
    try:
        for _ in range(count):
            child = os.fork()
            if not child:
                time.sleep(30)
                os._exit(0)
            children.append(child)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def open_files(count):
    """Hold this many files open at once."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(open(os.devnull))


def become(user):
    """Become another user."""
    os.setuid(user)


def have_capabilities():
    """Hold any capability, or be able to gain one through a set-uid program.

    Raises:
        PermissionError: if neither is possible.
    """
    status = Path("/proc/self/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    if (
        all(int(fields[name], 16) == 0 for name in ("CapPrm", "CapEff", "CapBnd"))
        and fields["NoNewPrivs"] == "1"
    ):
        raise PermissionError("none")


def change_kernel_setting():
    """Write to a setting of the kernel."""
    Path("/proc/sys/kernel/hostname").write_text("x")


def find_secret(name):
    """Find a variable of the grader's environment."""
    return os.environ[name]


def import_course(name):
    """Import a module of the instructor's side."""
    sys.path[:0] = [str(Path(sys.prefix).parent)]
    __import__(name)


def attempt(name, *arguments):
    """Make one attempt; return whether it succeeded, and its result or error."""
    try:
        return True, repr(globals()[name](*arguments))[:200]
    except (Exception, SystemExit) as error:
        return False, f"{type(error).__name__}: {error}"[:200]
