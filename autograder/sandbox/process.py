"""Start and stop the process that runs a learner's code, and send it requests within limits."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

import torch

from autograder.sandbox import availability, bubblewrap
from autograder.sandbox.endings import (
    TOO_LONG,
    NotStarted,
    SandboxExited,
    describe_exit,
    explain_startup,
)
from autograder.sandbox.limits import MIB, Limits
from autograder.sandbox.monitor import usage_of_tree
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
        self.spent_seconds = 0.0  # seconds that `watch` has counted in all sessions
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
        program = [sys.executable, "-I", str(bubblewrap.WORKER), str(bubblewrap.DETRLAB.parent)]
        options: dict[str, Any] = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "cwd": self.home.name,
            "start_new_session": True,
            "bufsize": 0,
        }
        if availability.is_enabled():
            with bubblewrap.syscall_filter() as filter_fd:
                limits = json.dumps(asdict(self.limits))
                command = bubblewrap.sandboxed_command([*program, limits], self.limits, filter_fd)
                process = subprocess.Popen(command, pass_fds=[filter_fd], **options)
        else:
            variables = bubblewrap.environment() | {"HOME": self.home.name}
            process = subprocess.Popen(program, env=variables, **options)
        assert process.stdin and process.stdout
        self.process, self.requests, self.replies = process, process.stdin, process.stdout
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
            seconds: limit on the wall time and on the CPU time; by default those of `limits`.
            others: the cells of other steps that it may load; stand-ins take the place of the rest.
            stand_ins: names in the notebook itself that stand-ins replace once its cells have run.

        Raises:
            SandboxExited: if the child does not survive, or the sandbox has used up its total time.
            SandboxUnavailable, NotStarted: if the worker does not start.
        """
        self.usage = {}
        if self.spent_seconds > self.limits.total_seconds:
            message = f"your notebooks took more than {self.limits.total_seconds:.0f} s in all"
            raise SandboxExited(message, is_flaky=True)
        self.start()
        self.session_ended, self.received = False, 0
        finished = threading.Event()
        watch = threading.Thread(
            target=self.watch, args=(finished, seconds or self.limits.seconds), daemon=True
        )
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

    def close(self) -> None:
        """End a session regularly if it is still running, and note what it used."""
        try:
            reply, _ = self.request("close")
        except CheckAborted:
            return
        names = ("cpu_seconds", "megabytes")
        self.usage = {k: float(reply[k]) for k in names if is_number(reply.get(k))}

    def watch(self, finished: threading.Event, seconds: float) -> None:
        """Stop a session that takes too long, or whose processes together use too much memory.

        Time counts while a reply is due. While the code is runnable, only its CPU time counts: on a busy
        machine it may get less than the wall time.
        """
        process, counted, cpu, previous = self.process, 0.0, 0.0, time.monotonic()
        end = previous + WALL_FACTOR * seconds
        while process and not finished.wait(POLL_INTERVAL):
            now, previous_cpu = time.monotonic(), cpu
            memory, cpu, is_busy = usage_of_tree(process.pid)
            if self.reply_due:
                wall, used = now - previous, max(0.0, cpu - previous_cpu)
                interval = min(wall, used) if is_busy else wall
                counted, self.spent_seconds = counted + interval, self.spent_seconds + interval
            previous = now
            if counted > seconds or now > end:
                return self.stop_for(TOO_LONG)
            if memory > self.limits.memory:
                return self.stop_for(f"took more than {self.limits.memory // MIB} MiB of memory")

    def stop_for(self, reason: str) -> None:
        """Stop the worker for a reason, which becomes part of the message."""
        self.stop_reason = reason
        self.stop()

    def exited(self, code: Any) -> SandboxExited:
        """Return the error for a missing reply: stopped by this process, or ended with an exit code."""
        if self.stop_reason:
            return SandboxExited(f"your code {self.stop_reason}", self.stop_reason == TOO_LONG)
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
