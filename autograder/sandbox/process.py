"""Start and stop the process that runs a learner's code, and send it requests within limits."""

import os
import select
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import torch

from autograder.sandbox import availability, bubblewrap
from autograder.sandbox.endings import (
    TOO_LONG,
    USED_UP,
    NotStarted,
    SandboxExited,
    describe_exit,
    explain_startup,
)
from autograder.sandbox.limits import MIB, Limits
from autograder.sandbox.monitor import Meter
from autograder.sandbox.replies import check_form, is_number
from detrlab.cells.cell import Cell
from detrlab.checks.errors import CheckAborted
from detrlab.checks.wire import ProtocolError, read_frame, write_frame

MAX_RECEIVED = 256 * MIB  # bytes of tensors in one session: all are kept until its check is judged
POLL_INTERVAL = 0.1  # seconds between two measurements of a session
WALL_FACTOR = 5  # wall time that a session may take on a busy machine, in multiples of its limit


class Sandbox:
    """A worker process in a sandbox. Use as a context manager; sessions run one after the other."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.home = tempfile.TemporaryDirectory(prefix="sandbox-")
        self.process: subprocess.Popen | None = None
        self.ready = False
        self.has_worked = False  # whether a worker of this sandbox was ever ready
        self.reply_due = False  # whether a reply is due
        self.stop_reason = ""  # why this process stopped the worker
        self.session_ended = True  # the worker reported the end, and waits for the next session
        self.received = 0  # bytes of tensors in this session
        self.spent: dict[str, float] = {}  # by step: seconds of all sessions, as `Limits` counts them
        self.usage: dict[str, Any] = {}  # CPU seconds and MiB of the last session that was closed

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.home.cleanup()

    def launch(self) -> None:
        """Start the worker without waiting until it has imported torch.

        Call this from a thread that lives as long as the sandbox: bubblewrap ends with the thread that
        started it.

        Raises:
            SandboxUnavailable: if this machine has no sandbox.
        """
        availability.require_sandbox()
        process = bubblewrap.start_worker(self.limits, self.home.name, availability.is_enabled())
        assert process.stdin and process.stdout
        self.process, self.requests, self.replies = process, process.stdin, process.stdout
        self.meter = Meter(process.pid)
        self.ready, self.stop_reason = False, ""

    def start(self) -> None:
        """Start the worker, unless it is running, and wait until it has imported torch.

        Raises:
            SandboxUnavailable: if it does not start the first time.
            NotStarted: if it has started before, and does not start again.
        """
        if not self.process:
            self.launch()
        if self.ready:
            return
        assert self.process and self.process.stderr
        errors = self.process.stderr
        try:
            reply, _ = read_frame(self.replies)
            if "ready" not in reply:
                raise ProtocolError("the worker did not start")
        except (OSError, EOFError, ProtocolError) as error:
            self.stop()
            kind = NotStarted if self.has_worked else availability.SandboxUnavailable
            raise kind(explain_startup(errors.read())) from error
        errors.close()  # the worker discards what a learner's code prints
        self.meter.look()  # from now on the time is a session's
        self.ready = self.has_worked = True

    def stop(self) -> None:
        """Kill the worker and all processes that it started."""
        process, self.process = self.process, None  # the watching thread may stop it at the same time
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
        stand_ins: Sequence[str] = (),
    ) -> Iterator["Sandbox"]:
        """Define a notebook's cells in a fresh child for as long as the context lasts.

        Args:
            step: the notebook's name.
            cells: its code cells.
            seconds: limit on the time and on the CPU time of each process; by default those of `limits`.
            others: the cells of other steps that it may load; stand-ins take the place of the rest.
            stand_ins: names in the notebook itself that stand-ins replace once its cells have run.

        Raises:
            SandboxExited: if the child does not survive, or the sandbox has used up its total time.
            SandboxUnavailable, NotStarted: if the worker does not start.
        """
        self.usage = {}
        began, left = time.monotonic(), self.seconds_left(step)
        if left <= 0:
            raise SandboxExited(f"your code {USED_UP}", is_flaky=True)
        self.start()
        self.session_ended, self.received = False, 0
        finished, cpu = threading.Event(), self.meter.cpu_seconds
        limits = (seconds or self.limits.seconds, began + left, cpu + left)
        watch = threading.Thread(target=self.watch, args=(finished, *limits), daemon=True)
        watch.start()
        alive = False
        try:
            notebooks = {
                name: [[c.source, c.role, c.name] for c in step_cells]
                for name, step_cells in {**(others or {}), step: cells}.items()
            }
            cpu_seconds = int(seconds or self.limits.cpu_seconds)
            program: dict[str, Any] = {"step": step, "notebooks": notebooks, "stand_ins": list(stand_ins)}
            self.request("define", **program, cpu_seconds=cpu_seconds)
            alive = True
            yield self
        except CheckAborted:
            alive = False
            raise
        finally:
            if alive:
                self.close()
            # Stop a worker that did not report the end of its session, or sent more than that report.
            if not self.session_ended or (self.process and select.select([self.replies], [], [], 0)[0]):
                self.stop()
            finished.set()
            watch.join()
            seconds = max(time.monotonic() - began, self.meter.cpu_seconds - cpu)
            self.spent[step] = self.spent.get(step, 0.0) + seconds

    def seconds_left(self, step: str) -> float:
        """Return how many seconds the sessions of a step may still take."""
        of_step = self.limits.step_seconds - self.spent.get(step, 0.0)
        return min(of_step, self.limits.total_seconds - sum(self.spent.values()))

    def close(self) -> None:
        """End a session regularly if it is still running, and note what it used."""
        try:
            reply, _ = self.request("close")
        except CheckAborted:
            return
        names = ("cpu_seconds", "megabytes")
        self.usage = {k: float(reply[k]) for k in names if is_number(reply.get(k))}

    def watch(
        self, finished: threading.Event, seconds: float, last_moment: float, most_cpu_seconds: float
    ) -> None:
        """Stop a session that takes too long, or whose processes together use too much memory.

        CPU time counts, and while a reply is due and no process is runnable, the wall time: on a busy
        machine code that is runnable may get less CPU time than that.

        Args:
            finished: set when the session is over.
            seconds: limit on this time.
            last_moment, most_cpu_seconds: when the student's time is used up, by the clock and the meter.
        """
        counted, cpu, previous = 0.0, self.meter.cpu_seconds, time.monotonic()
        end = previous + WALL_FACTOR * seconds
        while not finished.wait(POLL_INTERVAL):
            usage, now = self.meter.look(), time.monotonic()
            used, wall = usage.cpu_seconds - cpu, now - previous
            counted += max(used, wall) if self.reply_due and not usage.is_busy else used
            cpu, previous = usage.cpu_seconds, now
            if counted > seconds or now > end:
                return self.stop_for(TOO_LONG)
            if now > last_moment or cpu > most_cpu_seconds:
                return self.stop_for(USED_UP)
            if usage.memory > self.limits.memory:
                return self.stop_for(f"took more than {self.limits.memory // MIB} MiB of memory")

    def stop_for(self, reason: str) -> None:
        """Stop the worker for a reason, which becomes part of the message."""
        self.stop_reason = reason
        self.stop()

    def exited(self, code: Any) -> SandboxExited:
        """Return the error for a missing reply: stopped by this process, or ended with an exit code."""
        if self.stop_reason:
            is_flaky = self.stop_reason in (TOO_LONG, USED_UP)
            return SandboxExited(f"your code {self.stop_reason}", is_flaky)
        return SandboxExited(describe_exit(code))

    def request(
        self, op: str, tensors: dict[str, torch.Tensor] | None = None, **data: Any
    ) -> tuple[dict, dict[str, torch.Tensor]]:
        """Send one request; return the data and the tensors of the reply.

        Raises:
            SandboxExited: if the session has ended, so that no reply can come.
            ProtocolError: if the reply is not of the agreed form, or holds too many bytes.
        """
        try:
            self.reply_due = True
            write_frame(self.requests, {"op": op} | data, tensors or {})
            reply, flat = read_frame(self.replies)
        except (OSError, EOFError, ValueError) as error:
            raise self.exited(None) from error
        finally:
            self.reply_due = False
        check_form(reply, flat)
        self.received += sum(tensor.nbytes for tensor in flat.values())
        if self.received > MAX_RECEIVED:
            raise ProtocolError(f"your code handed over more than {MAX_RECEIVED // MIB} MiB")
        if "error" in reply and op == "define":
            raise ProtocolError("the worker did not begin a new session")
        self.session_ended = "ended" in reply and not self.stop_reason
        if "ended" in reply and op != "close":
            raise self.exited(reply["ended"])
        return reply, flat
