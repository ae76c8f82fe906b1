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

import torch

from autograder.sandbox import availability, bubblewrap
from autograder.sandbox.endings import (
    TOO_LONG,
    NotStarted,
    SandboxExited,
    explain_startup,
    how_it_ended,
)
from autograder.sandbox.limits import MIB, Limits
from autograder.sandbox.monitor import usage_of_tree
from autograder.sandbox.replies import check_form, is_number
from detrlab.checks.errors import CheckAborted
from detrlab.checks.wire import ProtocolError, read_frame, write_frame
from detrlab.steps import Cell

RECEIVED = 256 * MIB  # of tensors, in one session: they are kept until its check is judged
PAUSE = 0.1  # seconds between two looks at a session
PATIENCE = 5  # times the seconds of a session that it may last on a busy machine


class Sandbox:
    """One worker process in a sandbox. Use as a context manager; sessions run one after the other."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.home = tempfile.TemporaryDirectory(prefix="sandbox-")
        self.process: subprocess.Popen | None = None
        self.ready = False
        self.has_worked = False  # whether a worker of this sandbox was ever ready
        self.awaited = False  # whether the worker owes an answer
        self.stopped_for = ""  # why it was stopped from here
        self.session_over = True  # by the worker's own word, which then waits for the next one
        self.received = 0  # bytes of tensors, in this session
        self.spent = 0.0  # seconds by the clock of `watch`, all sessions together
        self.used: dict[str, Any] = {}  # by the last session that was closed

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.home.cleanup()

    def launch(self) -> None:
        """Start the worker and do not wait until it has imported torch.

        Call this from a thread that lives as long as the sandbox: bubblewrap ends with the thread that
        started it.

        Raises:
            SandboxUnavailable: where there can be no sandbox on this machine.
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
            with bubblewrap.syscall_filter() as calls:
                limits = json.dumps(asdict(self.limits))
                words = bubblewrap.sandboxed_command([*program, limits], self.limits, calls)
                process = subprocess.Popen(words, pass_fds=[calls], **options)
        else:
            own = bubblewrap.environment() | {"HOME": self.home.name}
            process = subprocess.Popen(program, env=own, **options)
        assert process.stdin and process.stdout
        self.process, self.requests, self.replies = process, process.stdin, process.stdout
        self.ready, self.stopped_for = False, ""

    def start(self) -> None:
        """Start the worker, unless it was launched before, and wait until it has imported torch.

        Raises:
            SandboxUnavailable: where it does not start at all.
            NotStarted: where it has started before, and does not start again.
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
        errors.close()  # nothing that a learner's code prints comes here
        self.ready = self.has_worked = True

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
    ) -> Iterator["Sandbox"]:
        """Define a notebook's cells in a fresh child for as long as the context lasts.

        Args:
            step: the notebook's name.
            cells: its code cells.
            seconds: of wall and of computing time; those of the limits where none are given.
            others: the cells of other steps that it may load; stand-ins take the place of the rest.

        Raises:
            SandboxExited: where the child does not survive it; the worker is started anew unless it has
                said so itself.
        """
        self.used = {}
        if self.spent > self.limits.total_seconds:
            total = f"your notebooks took more than {self.limits.total_seconds:.0f} s in all"
            raise SandboxExited(total, is_flaky=True)
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
        except CheckAborted:
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
        except CheckAborted:
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
            memory, used, is_busy = usage_of_tree(process.pid)
            if self.awaited:
                step = min(now - before, max(0.0, used - before_used)) if is_busy else now - before
                taken, self.spent = taken + step, self.spent + step
            before = now
            if taken > seconds or now > end:
                return self.stop_for(TOO_LONG)
            if memory > self.limits.memory:
                return self.stop_for(f"took more than {self.limits.memory // MIB} MiB of memory")

    def stop_for(self, reason: str) -> None:
        """Stop the worker, and remember why."""
        self.stopped_for = reason
        self.stop()

    def exited(self, code: Any) -> SandboxExited:
        """Return why there is no answer: stopped from here, or ended with this exit code."""
        if self.stopped_for:
            return SandboxExited(f"your code {self.stopped_for}", self.stopped_for == TOO_LONG)
        return SandboxExited(how_it_ended(code))

    def request(
        self, op: str, tensors: dict[str, torch.Tensor] | None = None, **data: Any
    ) -> tuple[dict, dict[str, torch.Tensor]]:
        """Send one request and return the reply, its data and its tensors.

        Raises:
            SandboxExited: where no reply can come any more.
            ProtocolError: where the reply is not of the agreed form, or hands over too much.
        """
        try:
            self.awaited = True
            write_frame(self.requests, {"op": op} | data, tensors or {})
            reply, flat = read_frame(self.replies)
        except (OSError, EOFError, ValueError) as error:
            raise self.exited(None) from error
        finally:
            self.awaited = False
        check_form(reply, flat)
        self.received += sum(tensor.nbytes for tensor in flat.values())
        if self.received > RECEIVED:
            raise ProtocolError(f"your code handed over more than {RECEIVED // MIB} MiB")
        if "error" in reply and op == "define":
            raise ProtocolError("the worker did not begin a new session")
        self.session_over = "ended" in reply and not self.stopped_for
        if "ended" in reply and op != "close":
            raise self.exited(reply["ended"])
        return reply, flat
