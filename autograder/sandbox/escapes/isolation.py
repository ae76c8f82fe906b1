"""Attempts to reach what lies outside: files, networks, processes, privileges."""

import os
import socket
import sys
from pathlib import Path

MIB = 2**20


def read(path):
    """Read a file, or list a folder."""
    return os.listdir(path) if os.path.isdir(path) else Path(path).read_bytes()[:10]


def write(path):
    """Write a file and delete it again."""
    Path(path).write_text("x")
    Path(path).unlink()


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


def write_parent_memory():
    """Open the memory of the parent process for writing."""
    os.close(os.open(f"/proc/{os.getppid()}/mem", os.O_RDWR))


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
