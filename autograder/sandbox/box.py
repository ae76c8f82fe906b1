"""Start and stop the process that runs a learner's code, and talk to it within limits."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

import psutil
import torch

from autograder.sandbox import lock
from autograder.sandbox.lock import Limits
from detrlab.checks.outcome import BrokeOff
from detrlab.checks.wire import BadFrame, read_frame, write_frame
from detrlab.steps import Cell

LIMITS = Limits()
RECEIVED = 256 * lock.MIB  # of tensors, in one session: they are kept until its check is judged
# What the learner's code may hand over: torch itself can do little with numbers of other types.
TYPES = {torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.complex64}
TYPES |= {torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex128}
PAUSE = 0.1  # seconds between two looks at a session
PATIENCE = 5  # times the seconds of a session that it may last on a busy machine
TOO_LONG = "took too long and was stopped"
SIGNALS: dict[int, str] = {
    signal.SIGXCPU: TOO_LONG,
    signal.SIGKILL: "took too long or too much memory, or stopped itself",
    signal.SIGSEGV: "crashed (segmentation fault)",
    signal.SIGABRT: "crashed (abort)",
    signal.SIGBUS: "crashed (bus error)",
}


class Ended(BrokeOff):
    """The box ended before it answered; the message says how, in words for the learner.

    In doubt where only the clock ran out: on a busy machine that may not be the learner's fault.
    """

    def __init__(self, how: str, in_doubt: bool = False):
        super().__init__(how)
        self.in_doubt = in_doubt


class Box:
    """One worker process, locked in. Use as a context manager; sessions run one after the other."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self.home = tempfile.TemporaryDirectory(prefix="box-")
        self.process: subprocess.Popen | None = None
        self.ready = False
        self.awaited = False  # whether the worker owes an answer
        self.stopped_for = ""  # why it was stopped from here
        self.session_over = True  # by the worker's own word, which then waits for the next one
        self.received = 0  # bytes of tensors, in this session
        self.spent = 0.0  # seconds by the clock of `watch`, all sessions together
        self.used: dict[str, Any] = {}  # by the last session that was closed

    def __enter__(self) -> "Box":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.home.cleanup()

    def launch(self) -> None:
        """Start the worker and do not wait until it has imported torch. NoLock where it cannot be.

        Call it from a thread that lives as long as the box: bubblewrap ends with its starting thread.
        """
        lock.require()
        program = [sys.executable, "-I", str(lock.WORKER)]
        options: dict[str, Any] = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.DEVNULL,
            "cwd": self.home.name,
            "start_new_session": True,
            "bufsize": 0,
        }
        if lock.is_on():
            with lock.refused_calls() as calls:
                words = lock.command([*program, json.dumps(asdict(self.limits))], self.limits, calls)
                process = subprocess.Popen(words, pass_fds=[calls], **options)
        else:
            own = lock.environment() | {"HOME": self.home.name}
            process = subprocess.Popen(program, env=own, **options)
        assert process.stdin and process.stdout
        self.process, self.requests, self.replies = process, process.stdin, process.stdout
        self.ready, self.stopped_for = False, ""

    def start(self) -> None:
        """Start the worker, unless it was launched before, and wait until it has imported torch."""
        if not self.process:
            self.launch()
        if not self.ready:
            reply, _ = read_frame(self.replies)
            if "ready" not in reply:
                raise BadFrame("the worker did not start")
            self.ready = True

    def stop(self) -> None:
        """End the worker and all that it started."""
        process, self.process = self.process, None  # the watch may be stopping it at the same time
        if process:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @contextmanager
    def session(
        self,
        step: str,
        cells: list[Cell],
        seconds: float | None = None,
        others: Mapping[str, list[Cell]] | None = None,
    ) -> Iterator["Box"]:
        """Define a notebook's cells in a fresh child for as long as the context lasts.

        What it loads from other steps comes from `others`, and is a stand-in where they lack it. Ended
        where the child does not survive it; the worker is started anew where it does not say so itself.
        """
        self.used = {}
        if self.spent > self.limits.total_seconds:
            total = f"your notebooks took more than {self.limits.total_seconds:.0f} s in all"
            raise Ended(total, in_doubt=True)
        self.start()
        self.session_over, self.received = False, 0
        over = threading.Event()
        watch = threading.Thread(
            target=self.watch, args=(over, seconds or self.limits.seconds), daemon=True
        )
        watch.start()
        alive = False
        try:
            notebooks = {
                name: [[c.source, c.role, c.name] for c in own]
                for name, own in {**(others or {}), step: cells}.items()
            }
            cpu_seconds = int(seconds or self.limits.cpu_seconds)
            self.request("define", step=step, notebooks=notebooks, cpu_seconds=cpu_seconds)
            alive = True
            yield self
        except BrokeOff:
            alive = False
            raise
        finally:
            if alive:
                self.close()
            # The worker is waiting for the next session, unless there is more to hear than its word.
            if not self.session_over or (self.process and select.select([self.replies], [], [], 0)[0]):
                self.stop()
            over.set()
            watch.join()

    def close(self) -> None:
        """End a session in good order, as far as it goes."""
        try:
            reply, _ = self.request("close")
        except BrokeOff:
            return
        names = ("cpu_seconds", "megabytes")
        self.used = {k: float(reply[k]) for k in names if is_number(reply.get(k))}

    def watch(self, over: threading.Event, seconds: float) -> None:
        """Stop a session that takes too long, or whose processes together take too much memory.

        The clock runs while an answer is awaited; where the code could go on and the machine lets it
        wait, only at the pace of the computing time that it gets.
        """
        process, taken, used, before = self.process, 0.0, 0.0, time.monotonic()
        end = before + PATIENCE * seconds
        while process and not over.wait(PAUSE):
            now, before_used = time.monotonic(), used
            memory, used, is_busy = look_at(process.pid)
            if self.awaited:
                step = min(now - before, max(0.0, used - before_used)) if is_busy else now - before
                taken, self.spent = taken + step, self.spent + step
            before = now
            if taken > seconds or now > end:
                return self.stop_for(TOO_LONG)
            if memory > self.limits.memory:
                return self.stop_for(f"took more than {self.limits.memory // lock.MIB} MiB of memory")

    def stop_for(self, reason: str) -> None:
        """Stop the worker, and remember why."""
        self.stopped_for = reason
        self.stop()

    def request(
        self, op: str, tensors: dict[str, torch.Tensor] | None = None, **data: Any
    ) -> tuple[dict, dict[str, torch.Tensor]]:
        """Send one request and return the reply. Ended where none can come any more."""
        try:
            self.awaited = True
            write_frame(self.requests, {"op": op} | data, tensors or {})
            reply, flat = read_frame(self.replies)
        except (OSError, EOFError, ValueError) as error:
            raise Ended(self.how_it_ended(None), self.stopped_for == TOO_LONG) from error
        finally:
            self.awaited = False
        if not isinstance(reply, dict):
            raise BadFrame("the reply is not of the agreed form")
        self.received += sum(tensor.nbytes for tensor in flat.values())
        if self.received > RECEIVED:
            raise BadFrame(f"your code handed over more than {RECEIVED // lock.MIB} MiB")
        if odd := [tensor.dtype for tensor in flat.values() if tensor.dtype not in TYPES]:
            raise BadFrame(f"your code handed over numbers of the type {odd[0]}")
        if "error" in reply and op == "define":
            raise BadFrame("the worker did not begin a new session")
        self.session_over = "ended" in reply and not self.stopped_for
        if "ended" in reply and op != "close":
            raise Ended(self.how_it_ended(reply["ended"]))
        return reply, flat

    def how_it_ended(self, code: Any) -> str:
        """Say in words why there is no answer."""
        if self.stopped_for:
            return f"your code {self.stopped_for}"
        if type(code) is not int:
            return "the process that ran your code is gone"
        if code < 0:
            return f"your code {SIGNALS.get(-code, f'was ended by signal {-code}')}"
        return f"your code ended its process (exit code {code})"


def is_number(value: Any) -> bool:
    """Say whether what a box says it used is a number that can be shown."""
    return type(value) in (int, float) and 0 <= value < 1e9


def own_memory(pid: int) -> int:
    """Return what a process holds in bytes, without files: memory of its own, and shared memory."""
    with suppress(OSError), open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        lines = [line.split() for line in file if line.startswith(("RssAnon:", "RssShmem:"))]
        return sum(1024 * int(kibibytes) for _, kibibytes, _ in lines)
    return 0


def look_at(pid: int) -> tuple[int, float, bool]:
    """Return what a process and its offspring hold in bytes, their CPU seconds, and if one could run."""
    memory, seconds, is_busy = 0, 0.0, False
    with suppress(psutil.Error):
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            with suppress(psutil.Error), process.oneshot():
                used = process.cpu_times()
                memory += own_memory(process.pid)
                seconds += used.user + used.system
                is_busy = is_busy or process.status() == psutil.STATUS_RUNNING
    return memory, seconds, is_busy
