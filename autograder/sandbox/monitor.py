"""Measure from outside what the processes of a sandbox use."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from autograder.sandbox.bubblewrap import DISKS

# Memory of a process that is its own, in the words of Linux; mapped files are not.
PRIVATE = ("RssAnon:", "RssShmem:", "VmSwap:", "VmPTE:")
SOCKET_BUFFER = 208 * 1024  # bytes that may wait in a socket, by Linux's default
FILE_ENTRY = 1024  # bytes that the kernel keeps of a file, even of an empty one


class Usage(NamedTuple):
    """What the processes of a sandbox use."""

    memory: int  # bytes
    cpu_seconds: float  # of all that ever ran
    is_busy: bool  # whether one of them is runnable


class Meter:
    """Measure a process and its descendants, with the CPU time of those that have ended.

    The kernel adds the time of an ended process to that of the one that waits for it. In a sandbox none
    ends without being waited for: orphans become children of the worker, and nobody can ignore SIGCHLD
    (system_calls.py). So the sums over all processes that there are, with those of their ended children,
    miss none, however short it lived.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.cpu_seconds = 0.0

    def look(self) -> Usage:
        """Measure."""
        memory, cpu_seconds, is_busy, pid = 0, 0.0, False, self.pid
        with suppress(psutil.Error):
            root = psutil.Process(self.pid)
            # Parents come first: thus a process that ends meanwhile is not counted twice, but not at all.
            # The next look counts it, hence the maximum.
            for process in [root, *root.children(recursive=True)]:
                with suppress(psutil.Error), process.oneshot():
                    cpu_seconds += sum(process.cpu_times()[:4])  # user, system, the same of children
                    memory += private_memory(process.pid)
                    is_busy = is_busy or process.status() == psutil.STATUS_RUNNING
                    pid = process.pid
        self.cpu_seconds = max(self.cpu_seconds, cpu_seconds)
        return Usage(memory + kernel_memory(pid), self.cpu_seconds, is_busy)


def private_memory(pid: int) -> int:
    """Return the memory of a process in bytes that is in no file."""
    # A process goes on when its first thread has ended; Linux then shows its memory at the others only.
    for status in (Path(f"/proc/{pid}/status"), *threads_of(pid)):
        with suppress(OSError):
            lines = status.read_text(encoding="ascii", errors="replace").splitlines()
            if sizes := [line.split()[1] for line in lines if line.startswith(PRIVATE)]:
                return 1024 * sum(map(int, sizes))
    return 0


def threads_of(pid: int) -> Iterator[Path]:
    """Yield the status files of a process's threads."""
    with suppress(OSError):
        yield from Path(f"/proc/{pid}/task").glob("*/status")


def kernel_memory(pid: int) -> int:
    """Return the bytes that the kernel may keep for the sandbox of a process: of sockets and small files.

    It is 0 for a process that is in no sandbox.
    """
    with suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
        numbers = next((line for line in status.splitlines() if line.startswith("NSpid:")), "").split()
        if len(numbers) > 2:  # it has another id inside
            sockets = int(Path(f"/proc/{pid}/net/sockstat").read_text(encoding="ascii").split()[2])
            disks = [os.statvfs(f"/proc/{pid}/root{folder}") for folder in DISKS]
            files = sum(disk.f_files - disk.f_ffree for disk in disks)
            return SOCKET_BUFFER * sockets + FILE_ENTRY * files
    return 0
