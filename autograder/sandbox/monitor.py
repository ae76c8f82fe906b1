"""Measure from outside what the processes of a sandbox use."""

from contextlib import suppress

import psutil


def private_memory(pid: int) -> int:
    """Return the anonymous and shared memory of a process in bytes, without mapped files."""
    with suppress(OSError), open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        lines = [line.split() for line in file if line.startswith(("RssAnon:", "RssShmem:"))]
        return sum(1024 * int(kibibytes) for _, kibibytes, _ in lines)
    return 0


def usage_of_tree(pid: int) -> tuple[int, float, bool]:
    """Measure a process and its descendants.

    Returns:
        their memory in bytes, their CPU seconds, and whether one of them is runnable.
    """
    memory, seconds, is_busy = 0, 0.0, False
    with suppress(psutil.Error):
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            with suppress(psutil.Error), process.oneshot():
                times = process.cpu_times()
                memory += private_memory(process.pid)
                seconds += times.user + times.system
                is_busy = is_busy or process.status() == psutil.STATUS_RUNNING
    return memory, seconds, is_busy
