"""Run jobs in other processes, on this machine or on an existing cluster, by dask.distributed.

Only a few jobs are submitted at a time, so that a class of any size fits in memory. If a process dies,
another one repeats its job; a job that ends several processes is given up.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from autograder.judging.job import Job, judge_job
from autograder.judging.verdict import Verdicts
from autograder.sandbox.process import Sandbox
from autograder.workspace.run_lock import AGAIN, GradingStopped

if TYPE_CHECKING:
    from distributed import Client, Worker

Judged = tuple[str, dict[str, Verdicts | None]]  # a student, the verdicts by step
SETTINGS: dict[str, Any] = {
    # Long enough that a busy machine is not taken for a dead one.
    "distributed.comm.timeouts.connect": "120s",
    "distributed.comm.timeouts.tcp": "300s",
    "distributed.scheduler.worker-ttl": "30 minutes",
    # Every user of this machine reaches the web servers of its processes, which ask for no key and cannot
    # be switched off: nothing is served there, neither tasks nor logs.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
LOOPBACK = "127.0.0.1"
AHEAD = 2  # jobs submitted at a time for each process


class SpareSandbox:
    """A plugin of a Dask worker that starts a sandbox before a job needs it, as that takes seconds."""

    name = "detr-spare-sandbox"

    def setup(self, worker: "Worker") -> None:
        """Prepare a worker process."""
        self.lock = Lock()  # a cluster's worker may have several threads
        self.spare: Sandbox | None = None

    def teardown(self, worker: "Worker") -> None:
        """Stop the spare sandbox when the worker ends."""
        if self.spare:
            self.spare.stop()

    def judge(self, job: Job) -> dict[str, Verdicts | None]:
        """Judge in the spare sandbox, and start the next one; one job at a time."""
        with self.lock:
            sandbox, self.spare = self.spare or Sandbox(), None
            with sandbox:
                self.spare = Sandbox()
                self.spare.launch()
                return judge_job(job, sandbox)


def judge_in_worker(job: Job) -> dict[str, Verdicts | None]:
    """Judge a job in the current Dask worker."""
    from distributed import get_worker

    plugin = cast(SpareSandbox, get_worker().plugins[SpareSandbox.name])
    return plugin.judge(job)


@contextmanager
def connect(processes: int, scheduler: str = "") -> Iterator["Client"]:
    """Start processes on this machine, or use those of a scheduler; yield a client of them.

    Local processes use TLS with a key of this run: otherwise every user of this machine could run code in
    them.

    Args:
        processes: how many to start.
        scheduler: the address of a running scheduler, to use its workers instead.

    Raises:
        OSError: if no scheduler answers at the address.
    """
    import dask
    from distributed import Client, LocalCluster, WorkerPlugin  # imported late: it takes a second

    class Plugin(SpareSandbox, WorkerPlugin):
        """The same, as a subclass of the class that Dask requires."""

    dask.config.set(SETTINGS)
    if scheduler:
        with Client(scheduler, timeout=20, name="autograder") as client:
            client.register_plugin(Plugin())
            try:
                yield client
            finally:
                client.unregister_worker_plugin(SpareSandbox.name)
        return
    options: dict[str, Any] = {"threads_per_worker": 1, "memory_limit": 0}
    options |= {"host": LOOPBACK, "dashboard_address": f"{LOOPBACK}:0"}
    options["scheduler_kwargs"] = {"dashboard": False}
    with (
        LocalCluster(
            n_workers=processes, security=True, silence_logs=logging.CRITICAL, **options
        ) as cluster,
        Client(cluster) as client,
    ):
        client.register_plugin(Plugin())
        yield client


def judge_all(jobs: Iterator[Job], client: "Client") -> Iterator[Judged]:
    """Yield each student's verdicts as they are completed; none for a job that ended several processes.

    Raises:
        GradingStopped: if the scheduler is lost, or a worker cannot import the course.
        ValueError: if a worker has another version of the course.
        SandboxUnavailable: if a worker's machine has no sandbox.
    """
    from distributed import KilledWorker, as_completed

    students: dict[str, str] = {}
    submitted = as_completed()

    def submit_jobs() -> None:
        """Submit jobs for all current processes, whose number may change."""
        while len(students) < AHEAD * max(1, len(client.ncores())) and (job := next(jobs, None)):
            future = client.submit(judge_in_worker, job, pure=False)
            students[str(future.key)] = job.student
            submitted.add(future)

    submit_jobs()
    for future in submitted:
        student = students.pop(str(future.key))
        if future.cancelled():
            raise GradingStopped(f"The processes that judge are gone. {AGAIN}")
        error = future.exception()
        if isinstance(error, ImportError):
            raise GradingStopped(f"A worker cannot import this course: {error}. Set it up there. {AGAIN}")
        if isinstance(error, KilledWorker):
            yield student, {}
        elif error:
            raise error
        else:
            yield student, future.result()
        future.release()
        submit_jobs()


def judge_jobs(jobs: Iterator[Job], processes: int = 0, scheduler: str = "") -> Iterator[Judged]:
    """Yield each student's verdicts, judged by local processes or a cluster, by default in this process.

    Args:
        jobs: what to judge; read only as far ahead as needed.
        processes: how many to start on this machine.
        scheduler: the address of a Dask scheduler whose workers judge instead.

    Raises:
        GradingStopped, ValueError, SandboxUnavailable, OSError: as `judge_job`, `judge_all`, `connect`.
    """
    if processes or scheduler:
        with connect(processes, scheduler) as client:
            yield from judge_all(jobs, client)
    else:
        for job in jobs:
            yield job.student, judge_job(job)
