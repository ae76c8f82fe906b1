"""The process that runs a learner's code. It knows detrlab and nothing else of the course.

It imports torch once, then forks: each session (one check of one notebook) is a child that defines the
learner's cells and answers requests until it is told to close. Requests and replies are the frames of
detrlab/checks/wire.py, over the two pipes that it was started with; what the code prints goes nowhere.
Run as a script, started by process.py: worker.py FOLDER_OF_DETRLAB [LIMITS], the limits as JSON.
"""

import contextlib
import ctypes
import json
import os
import resource
import shutil
import signal
import sys
from pathlib import Path
from typing import IO, Any

if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])  # the detrlab of who asks, wherever this Python would find another

# What the notebooks import is imported once, here, and not in each child.
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
from detrlab import steps
from detrlab.checks.codec import flatten, tensors_in, unflatten
from detrlab.checks.observing import error_names, learner_frames
from detrlab.checks.probes.given import given
from detrlab.checks.wire import ProtocolError, read_frame, write_frame

MESSAGE_LIMIT = 1000
PR_SET_DUMPABLE = 4


class Session:
    """One learner's cells, defined, and the objects that were handed out as references.

    What the step loads from others is theirs where `notebooks` has it, a stand-in where it does not.
    """

    def __init__(self, step: str, cells: list[steps.Cell], notebooks: dict[str, list[steps.Cell]]):
        self.module = steps.execute(cells, step, lambda name: notebooks.get(name, []))
        self.objects: list[Any] = []
        self.calls: list[tuple[list[torch.Tensor], list[torch.Tensor]]] = []

    def refer(self, value: Any) -> dict:
        """Keep a value that cannot be handed over, and return a reference to it."""
        self.objects.append(value)
        return {"object": len(self.objects) - 1, "kind": type(value).__name__}

    def resolve(self, data: dict) -> Any:
        """Return the value that a reference stands for."""
        return self.objects[data["object"]]

    def answer(self, request: dict, tensors: dict[str, torch.Tensor]) -> tuple[Any, dict]:
        """Carry out one request; return the reply's data and tensors."""
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
        """Return what the cells define under this name; what kept them from it is raised."""
        if name in vars(self.module):
            return vars(self.module)[name]
        for failure in vars(self.module)["__failures__"].values():
            raise failure
        raise NameError(f"no cell defines {name}")

    def reply(self, value: Any) -> tuple[Any, dict]:
        """Take a value apart for the pipe."""
        tensors: dict[str, torch.Tensor] = {}
        return {"value": flatten(value, tensors, self.refer)}, tensors

    def call(self, request: dict, tensors: dict[str, torch.Tensor]) -> tuple[Any, dict]:
        """Call an object, keeping what a later backward needs."""
        leaves = {name: tensors[name].requires_grad_() for name in request["with_gradient"]}
        inputs = list(leaves.values())
        handed = tensors | {name: leaf.clone() for name, leaf in leaves.items()}
        arguments = unflatten(request["arguments"], handed, self.resolve)
        with torch.set_grad_enabled(request["grad_enabled"]):
            value = self.objects[request["object"]](*arguments["args"], **arguments["kwargs"])
        reply, flat = self.reply(value)
        outputs = {str(i): out for i, out in enumerate(tensors_in(value)) if inputs and out.requires_grad}
        self.calls.append((inputs, list(outputs.values())))
        return reply | {"call": len(self.calls) - 1, "with_gradient": list(outputs)}, flat

    def backward(self, request: dict, tensors: dict[str, torch.Tensor]) -> tuple[Any, dict]:
        """Carry gradients of a call's outputs back to its inputs."""
        inputs, outputs = self.calls[request["call"]]
        gradients = [tensors[str(i)] for i in range(len(outputs))]
        return self.reply(
            list(
                torch.autograd.grad(outputs, inputs, gradients, retain_graph=True, materialize_grads=True)
            )
        )


def describe(error: BaseException) -> dict:
    """Return an error as plain data."""
    return {
        "names": error_names(error),
        "message": str(error)[:MESSAGE_LIMIT],
        "frames": learner_frames(error)[-5:],
    }


def serve(pipes: tuple[IO[bytes], IO[bytes]], request: dict) -> None:
    """Answer requests on one notebook until told to close."""
    incoming, outgoing = pipes
    notebooks = {
        step: [steps.Cell(*cell) for cell in cells] for step, cells in request["notebooks"].items()
    }
    session = Session(request["step"], notebooks.pop(request["step"]), notebooks)
    write_frame(outgoing, {"value": None}, {})
    while True:
        request, tensors = read_frame(incoming)
        if request["op"] == "close":
            return
        try:
            reply, flat = session.answer(request, tensors)
            write_frame(outgoing, reply, flat)
        except BaseException as error:  # whatever a learner's code raises is an answer too
            write_frame(outgoing, {"error": describe(error)}, {})


def limit_everything(limits: dict[str, Any]) -> None:
    """Set the limits that hold for this process and all that come from it."""
    for kind, most in (
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_FSIZE, limits["disk"]),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def limit_session(limits: dict[str, Any], seconds: int) -> None:
    """Set the limits of one session: computing time, and memory beyond what torch has mapped."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # first a signal that says why
    with open("/proc/self/statm") as file:
        mapped = int(file.read().split()[0]) * resource.getpagesize()
    most = mapped + limits["memory"]
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def run_session(
    pipes: tuple[IO[bytes], IO[bytes]], request: dict, limits: dict | None, initial: set[Path]
) -> dict:
    """Serve one session in a child; return how it ended and what it took.

    What it has written is removed again, all but the `initial` files.
    """
    child = os.fork()
    if not child:
        try:
            if limits:
                limit_session(limits, request["cpu_seconds"])
            serve(pipes, request)
        finally:
            os._exit(0)
    _, status, used = os.wait4(child, 0)
    if limits:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)  # what it started: in this namespace there is nothing else
        if not clean_disks(initial):
            raise SystemExit("Something is left for the next session.")
    seconds = round(used.ru_utime + used.ru_stime, 3)
    ended = os.waitstatus_to_exitcode(status)
    return {"ended": ended, "cpu_seconds": seconds, "megabytes": used.ru_maxrss // 1024}


def written() -> set[Path]:
    """Return what lies at the top of the disks that can be written to."""
    places = [Path(place) for place in (os.environ["HOME"], "/tmp", "/dev/shm")]
    return {path for place in places for path in place.iterdir()}


def clean_disks(initial: set[Path]) -> bool:
    """Remove what a session has written, which the next one must not find; say whether it is gone."""
    for path in written() - initial:
        with contextlib.suppress(OSError):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    return written() <= initial


def main() -> None:
    """Fork a child for each session, and say how it ended."""
    limits = json.loads(sys.argv[2]) if len(sys.argv) > 2 else None
    initial: set[Path] = set()
    if limits:
        if os.getpid() != 2:  # bubblewrap is 1; elsewhere a kill(-1) would reach other people's
            raise SystemExit("Limits hold in a sandbox of its own only: see bubblewrap.py.")
        limit_everything(limits)
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # no child looks into this process's memory
        initial = written()  # Python itself, where it lies under /tmp
    incoming = os.fdopen(os.dup(0), "rb", buffering=0)
    outgoing = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    torch.set_num_threads(1)
    write_frame(outgoing, {"ready": torch.__version__}, {})
    while True:
        try:
            request, _ = read_frame(incoming)
        except EOFError:
            return
        if request["op"] == "define":  # else it was asked of a child that had ended by then
            write_frame(outgoing, run_session((incoming, outgoing), request, limits, initial), {})


if __name__ == "__main__":
    main()
