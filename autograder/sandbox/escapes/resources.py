"""Attempts to use more than the limits allow, of disks, memory, processes and time."""

import contextlib
import ctypes
import mmap
import os
import resource
import signal
import socket
import tempfile
import time
from pathlib import Path

MIB = 2**20


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


def map_shared(device):
    """Map memory that several processes can share, and that counts for one that touches it only."""
    if not device:
        mmap.mmap(-1, MIB).close()
        return
    file = os.open(device, os.O_RDWR)
    mmap.mmap(file, MIB, mmap.MAP_SHARED).close()


def widen_socket(size):
    """Let this many bytes wait in a socket."""
    with socket.socket(socket.AF_UNIX) as unix:
        unix.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)


def compute(seconds):
    """Use CPU time."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def compute_in_children(seconds, by_orphans):
    """Use CPU time in children that live for moments only, perhaps after their parents."""
    for _ in range(int(20 * seconds)):
        child = os.fork()
        if not child:
            if not by_orphans or not os.fork():
                compute(0.05)
            os._exit(0)
        os.waitpid(child, 0)


def hide_time_of_children(way):
    """Use CPU time that the kernel adds to no sum: that of children whose end nobody waits for.

    Raises:
        PermissionError: if it is in the sum all the same.
    """
    flags = {"SA_NOCLDWAIT": 2}.get(way, 0)
    if way == "SIG_IGN":
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    else:  # a handler, 128 bytes of a mask, the flags; larger than the C library's or the kernel's
        action = (ctypes.c_ulong * 32)(0, *[0] * 16, flags)
        ctypes.CDLL(None).sigaction(int(signal.SIGCHLD), action, None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with contextlib.suppress(ChildProcessError):
        compute_in_children(0.5, by_orphans=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if sum(after[:2]) - sum(before[:2]) > 0.25:
        raise PermissionError("it is counted")
