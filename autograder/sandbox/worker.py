"""The process that runs a learner's code. Of the course, it has access to detrlab alone.

It imports torch once, then forks: each session (one check of one notebook) is a child that defines the
learner's cells and answers requests until it is closed. Requests and replies are frames of
detrlab/checks/wire.py on stdin and stdout; what the code prints is discarded.
process.py runs it as a script: worker.py FOLDER_OF_DETRLAB [LIMITS], the limits as JSON.
"""

import contextlib
import ctypes
import json
import os
import resource
import shutil
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])  # the grader's detrlab, even if another one is installed

# What notebooks import is imported before forking, once for all sessions.
import matplotlib.pyplot  # noqa: F401
import scipy.optimize  # noqa: F401
import torch
import torchvision  # noqa: F401

import detrlab.check
import detrlab.draw
import detrlab.experiments
import detrlab.standins.registry
import detrlab.viewer
import detrlab.voc  # noqa: F401
from detrlab.cells.cell import Cell
from detrlab.cells.isolation import bind_stand_ins
from detrlab.cells.running import FAILURES, execute, explain
from detrlab.cells.switches import set_to_standard
from detrlab.checks.codec import flatten, tensors_in, unflatten
from detrlab.checks.observing import error_names, learner_frames
from detrlab.checks.probes.given import given
from detrlab.checks.wire import ProtocolError, read_frame, write_frame

MESSAGE_LIMIT = 1000  # characters of an error's message
Pipes = tuple[IO[bytes], IO[bytes]]  # requests and replies
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 4, 36  # of Linux's prctl


class Session:
    """The module that a learner's cells define, and the objects that the grader has references to.

    What the step loads from another step is the learner's if `notebooks` has it, else a stand-in.
    `stand_ins` names what is replaced by a stand-in in the step itself, once its cells have run.
    """

    def __init__(self, step: str, notebooks: dict[str, list[Cell]], stand_ins: Iterable[str] = ()):
        others = {name: cells for name, cells in notebooks.items() if name != step}
        self.module = execute(notebooks[step], step, lambda name: others.get(name, []))
        bind_stand_ins(self.module, step, stand_ins)
        set_to_standard()  # as the check in the notebook does
        self.objects: list[Any] = []
        self.calls: list[tuple[list[torch.Tensor], list[torch.Tensor]]] = []

    def refer(self, value: Any) -> dict:
        """Keep a value that cannot be sent, and return a reference to it."""
        self.objects.append(value)
        return {"object": len(self.objects) - 1, "kind": type(value).__name__}

    def resolve(self, data: dict) -> Any:
        """Return the value that a reference refers to."""
        return self.objects[data["object"]]

    def answer(self, request: dict, tensors: dict[str, torch.Tensor]) -> tuple[Any, dict]:
        """Carry out one request; return the data and the tensors of the reply.

        Raises:
            ProtocolError: if the request is unknown.
            Exception: whatever the learner's code raises.
        """
        match request["op"]:
            case "name":
                return self.reply(self.lookup(request["name"]))
            case "given":
                return self.reply(given(None, request["name"]))
            case "attribute":
                return self.reply(getattr(self.objects[request["object"]], request["name"]))
            case "call":
                return self.call(request, tensors)
            case "backward":
                return self.backward(request, tensors)
        raise ProtocolError(f"unknown request {request['op']!r}")

    def lookup(self, name: str) -> Any:
        """Return what the cells define under a name.

        Raises:
            NameError: if no cell defines it, and none failed that may have defined it.
            Exception: the error of a failed cell that may have defined it.
        """
        if name in vars(self.module):
            return vars(self.module)[name]
        failures = vars(self.module)[FAILURES]
        for failure in sorted(failures, key=lambda failure: name not in failure.names):
            if name in failure.names or failure.role not in ("helper", "demo"):
                raise failure.error
        raise NameError(f"no cell defines {name}")

    def reply(self, value: Any) -> tuple[Any, dict]:
        """Return the data and the tensors of a reply that holds a value."""
        tensors: dict[str, torch.Tensor] = {}
        return {"value": flatten(value, tensors, self.refer)}, tensors

    def call(self, request: dict, tensors: dict[str, torch.Tensor]) -> tuple[Any, dict]:
        """Call an object; keep the inputs and outputs with a gradient for `backward`."""
        leaves = {name: tensors[name].requires_grad_() for name in request["with_gradient"]}
        inputs = list(leaves.values())
        received = tensors | {name: leaf.clone() for name, leaf in leaves.items()}
        arguments = unflatten(request["arguments"], received, self.resolve)
        with torch.set_grad_enabled(request["grad_enabled"]):
            value = self.objects[request["object"]](*arguments["args"], **arguments["kwargs"])
        reply, flat = self.reply(value)
        outputs = {str(i): out for i, out in enumerate(tensors_in(value)) if inputs and out.requires_grad}
        self.calls.append((inputs, list(outputs.values())))
        return reply | {"call": len(self.calls) - 1, "with_gradient": list(outputs)}, flat

    def backward(self, request: dict, tensors: dict[str, torch.Tensor]) -> tuple[Any, dict]:
        """Return the gradients of a call's inputs, given those of the outputs that were used."""
        inputs, outputs = self.calls[request["call"]]
        used = [outputs[int(name)] for name in tensors]
        torch.autograd.backward(used, list(tensors.values()))
        return self.reply([torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for leaf in inputs])


def describe(error: BaseException, namespace: dict[str, Any]) -> dict:
    """Return an error as plain data; for a missing name, with the failure of the cell that binds it."""
    message = explain(error, namespace)[:MESSAGE_LIMIT]
    return {"names": error_names(error), "message": message, "frames": learner_frames(error)[-5:]}


def serve(pipes: Pipes, request: dict) -> None:
    """Answer requests about one notebook until a request closes the session."""
    incoming, outgoing = pipes
    notebooks = {step: [Cell(*cell) for cell in cells] for step, cells in request["notebooks"].items()}
    session = Session(request["step"], notebooks, request["stand_ins"])
    write_frame(outgoing, {"value": None}, {})
    while True:
        request, tensors = read_frame(incoming)
        if request["op"] == "close":
            return
        try:
            reply, flat = session.answer(request, tensors)
            write_frame(outgoing, reply, flat)
        except BaseException as error:  # whatever a learner's code raises is a reply too
            write_frame(outgoing, {"error": describe(error, vars(session.module))}, {})


def limit_processes(limits: dict[str, Any]) -> None:
    """Set the limits of this process and all its descendants."""
    for kind, limit in (
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_FSIZE, limits["disk"]),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))


def limit_session(limits: dict[str, Any], seconds: int) -> None:
    """Set the limits of one session: CPU time, and memory beyond what torch has mapped already."""
    # SIGXCPU at the soft limit, which names the reason; SIGKILL a second later.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = mapped + limits["memory"]
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def run_session(pipes: Pipes, request: dict, limits: dict | None, initial: set[Path]) -> dict:
    """Serve one session in a child; remove what it wrote, all but the `initial` files.

    Returns:
        its exit code ("ended"), "cpu_seconds", and its largest memory in MiB ("megabytes").

    Raises:
        SystemExit: if something that it wrote cannot be removed.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = os.fork()
    if not child:
        try:
            if limits:
                limit_session(limits, request["cpu_seconds"])
            serve(pipes, request)
        finally:
            os._exit(0)
    _, status, usage = os.wait4(child, 0)
    if limits:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(-1, signal.SIGKILL)  # its descendants: the only others in this namespace
            while True:  # orphans are children of this process
                os.wait()
        if not clear_disks(initial):
            raise SystemExit("Something is left for the next session.")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = round(sum(after[:2]) - sum(before[:2]), 3)  # user and system
    ended = os.waitstatus_to_exitcode(status)
    return {"ended": ended, "cpu_seconds": seconds, "megabytes": usage.ru_maxrss // 1024}


def disk_entries() -> set[Path]:
    """Return the top-level entries of the writable disks."""
    places = [Path(place) for place in (os.environ["HOME"], "/tmp", "/dev/shm")]
    return {path for place in places for path in place.iterdir()}


def clear_disks(initial: set[Path]) -> bool:
    """Remove what a session wrote, so that the next cannot find it; return whether nothing is left."""
    for path in disk_entries() - initial:
        with contextlib.suppress(OSError):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    return disk_entries() <= initial


def main() -> None:
    """Fork a child for each session, and report how it ended; exit if there are limits but no sandbox."""
    limits = json.loads(sys.argv[2]) if len(sys.argv) > 2 else None
    initial = disk_entries() if limits else set()  # Python itself, if it is installed under /tmp
    if limits:
        if os.getpid() != 2:  # bubblewrap is 1; outside a sandbox, kill(-1) would end other processes
            raise SystemExit("Limits hold in a sandbox of its own only: see bubblewrap.py.")
        limit_processes(limits)
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # children cannot read this one's memory
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # orphans are waited for here, and so counted
    incoming = os.fdopen(os.dup(0), "rb", buffering=0)
    outgoing = os.fdopen(os.dup(1), "wb")
    devnull = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(devnull, standard)
    torch.set_num_threads(1)
    write_frame(outgoing, {"ready": torch.__version__}, {})
    with contextlib.suppress(EOFError):
        while True:
            request, _ = read_frame(incoming)
            if request["op"] == "define":  # any other was meant for a child that has ended
                write_frame(outgoing, run_session((incoming, outgoing), request, limits, initial), {})


if __name__ == "__main__":
    main()
