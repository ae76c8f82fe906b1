"""Look at what a sandbox and its offspring use, from outside."""

from contextlib import suppress

import psutil


def private_memory(pid: int) -> int:
    """Return what a process holds in bytes, without files: memory of its own, and shared memory."""
    with suppress(OSError), open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        lines = [line.split() for line in file if line.startswith(("RssAnon:", "RssShmem:"))]
        return sum(1024 * int(kibibytes) for _, kibibytes, _ in lines)
    return 0


def usage_of_tree(pid: int) -> tuple[int, float, bool]:
    """Return what a process and its offspring hold in bytes, their CPU seconds, and if one could run."""
    memory, seconds, is_busy = 0, 0.0, False
    with suppress(psutil.Error):
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            with suppress(psutil.Error), process.oneshot():
                used = process.cpu_times()
                memory += private_memory(process.pid)
                seconds += used.user + used.system
                is_busy = is_busy or process.status() == psutil.STATUS_RUNNING
    return memory, seconds, is_busy
