"""Start and stop the process that runs a learner's code, and talk to it within limits."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch

from autograder.worker import BadFrame, read_frame, write_frame
from detrlab.outcome import BrokeOff
from detrlab.steps import Cell

WORKER = Path(__file__).with_name("worker.py")
SECONDS = 60.0  # wall time of one session: one check of one notebook


class Ended(BrokeOff):
    """The box ended before it answered; the message says how, in words for the learner."""


class Box:
    """One worker process. Use as a context manager; sessions run one after the other."""

    def __init__(self) -> None:
        self.home = tempfile.TemporaryDirectory(prefix="box-")
        self.process: subprocess.Popen | None = None
        self.timed_out = False

    def __enter__(self) -> "Box":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.home.cleanup()

    def start(self) -> None:
        """Start the worker and wait until it has imported torch."""
        self.timed_out = False
        process = subprocess.Popen(
            [sys.executable, "-I", WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=self.home.name,
            env={"HOME": self.home.name, "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
            start_new_session=True,
            bufsize=0,
        )
        assert process.stdin and process.stdout
        self.process, self.requests, self.replies = process, process.stdin, process.stdout
        reply, _ = read_frame(self.replies)
        if "ready" not in reply:
            raise BadFrame("the worker did not start")

    def stop(self) -> None:
        """End the worker and all that it started."""
        process, self.process = self.process, None  # the watchdog may be stopping it at the same time
        if process:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @contextmanager
    def session(
        self,
        step: str,
        cells: list[Cell],
        seconds: float = SECONDS,
        others: Mapping[str, list[Cell]] | None = None,
    ) -> Iterator["Box"]:
        """Define a notebook's cells in a fresh child for as long as the context lasts.

        What it loads from other steps comes from `others`, and is a stand-in where they lack it. Ended
        where the child does not survive it; the worker is then started anew for the next session.
        """
        if not self.process:
            self.start()
        watchdog = threading.Timer(seconds, self.time_out)
        watchdog.start()
        alive = False
        try:
            notebooks = {
                name: [[c.source, c.role, c.name] for c in own]
                for name, own in {**(others or {}), step: cells}.items()
            }
            self.request("define", step=step, notebooks=notebooks)
            alive = True
            yield self
        except BrokeOff:
            alive = False
            raise
        finally:
            self.close() if alive else self.stop()
            watchdog.cancel()

    def close(self) -> None:
        """End a session in good order; where that fails, end the worker."""
        try:
            reply, _ = self.request("close")
            if reply != {"ended": 0}:
                self.stop()
        except BrokeOff:
            self.stop()

    def time_out(self) -> None:
        """End a session that takes too long."""
        self.timed_out = True
        self.stop()

    def request(
        self, op: str, tensors: dict[str, torch.Tensor] | None = None, **data: Any
    ) -> tuple[dict, dict[str, torch.Tensor]]:
        """Send one request and return the reply. Ended where none can come any more."""
        try:
            write_frame(self.requests, {"op": op} | data, tensors or {})
            reply, flat = read_frame(self.replies)
        except (OSError, EOFError, ValueError) as error:
            raise Ended(self.how_it_ended(None)) from error
        if not isinstance(reply, dict):
            raise BadFrame("the reply is not of the agreed form")
        if "error" in reply and op == "define":
            raise BadFrame("the worker did not begin a new session")
        if "ended" in reply and op != "close":
            raise Ended(self.how_it_ended(reply["ended"]))
        return reply, flat

    def how_it_ended(self, code: Any) -> str:
        """Say in words why there is no answer."""
        if self.timed_out:
            return "your code took too long and was stopped"
        if code is None:
            return "the process that ran your code is gone"
        return f"your code ended its process (exit code {code})"
