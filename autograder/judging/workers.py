"""Have jobs judged by other processes, here or on a cluster that is there already: dask.distributed.

At any time only a few jobs are under way, so that a class of any size fits in memory. A process that
dies takes no job with it: another one does it. A job that ends several processes is given up.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, cast

from autograder.judging.job import Job, judge_job
from autograder.judging.verdict import Verdicts
from autograder.sandbox.process import Sandbox
from autograder.workspace.run_lock import AGAIN, GradingStopped

if TYPE_CHECKING:
    from distributed import Client, Worker

Judged = tuple[str, dict[str, Verdicts | None]]  # a student, the verdicts by step
# A machine that is busy is not a machine that is gone.
PATIENCE = {
    "distributed.comm.timeouts.connect": "120s",
    "distributed.comm.timeouts.tcp": "300s",
    "distributed.scheduler.worker-ttl": "30 minutes",
}
AHEAD = 2  # jobs under way for each process


class SpareSandbox:
    """A plugin of a Dask worker that starts a sandbox ahead of each job: that takes seconds."""

    name = "detr-spare-sandbox"

    def setup(self, worker: "Worker") -> None:
        """Be set up in a worker process."""
        self.turn = Lock()  # a cluster may give its processes several threads
        self.spare: Sandbox | None = None

    def teardown(self, worker: "Worker") -> None:
        """Stop the sandbox that no job needs any more."""
        if self.spare:
            self.spare.stop()

    def judge(self, job: Job) -> dict[str, Verdicts | None]:
        """Judge in the sandbox that was started ahead, and start the next one; one job at a time."""
        with self.turn:
            sandbox, self.spare = self.spare or Sandbox(), None
            with sandbox:
                self.spare = Sandbox()
                self.spare.launch()
                return judge_job(job, sandbox)


def judge_in_worker(job: Job) -> dict[str, Verdicts | None]:
    """Judge a job in the Dask worker that runs this."""
    from distributed import get_worker

    plugin = cast(SpareSandbox, get_worker().plugins[SpareSandbox.name])
    return plugin.judge(job)


@contextmanager
def connect(processes: int, scheduler: str = "") -> Iterator["Client"]:
    """Start processes on this machine, or use those of the scheduler at an address.

    The local ones are spoken to over TLS with a key of this run alone: without it, anybody on this
    machine could have them run code.

    Raises:
        OSError: where no scheduler answers at the address.
    """
    import dask
    from distributed import Client, LocalCluster, WorkerPlugin  # here: it takes a second to import

    class Plugin(SpareSandbox, WorkerPlugin):
        """Dask takes only plugins of its own class."""

    dask.config.set(PATIENCE)
    if scheduler:
        with Client(scheduler, timeout=20, name="autograder") as client:
            client.register_plugin(Plugin())
            try:
                yield client
            finally:
                client.unregister_worker_plugin(SpareSandbox.name)
        return
    options = {"threads_per_worker": 1, "memory_limit": 0, "dashboard_address": "127.0.0.1:0"}
    with (
        LocalCluster(
            n_workers=processes, security=True, silence_logs=logging.CRITICAL, **options
        ) as cluster,
        Client(cluster) as client,
    ):
        client.register_plugin(Plugin())
        yield client


def judge_all(jobs: Iterator[Job], client: "Client") -> Iterator[Judged]:
    """Yield each student's verdicts as they come; none on what ended several processes.

    Raises:
        GradingStopped: where the scheduler is gone, or a worker cannot import the course.
    """
    from distributed import KilledWorker, as_completed

    students: dict[str, str] = {}
    under_way = as_completed()

    def fill_up() -> None:
        """Have enough under way for the processes that there are now: more may have joined."""
        while len(students) < AHEAD * max(1, len(client.ncores())) and (job := next(jobs, None)):
            future = client.submit(judge_in_worker, job, pure=False)
            students[str(future.key)] = job.student
            under_way.add(future)

    fill_up()
    for future in under_way:
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
        fill_up()


def judge_jobs(jobs: Iterator[Job], processes: int = 0, scheduler: str = "") -> Iterator[Judged]:
    """Yield each student's verdicts: judged by local processes, on a cluster, or else in this process."""
    if processes or scheduler:
        with connect(processes, scheduler) as client:
            yield from judge_all(jobs, client)
    else:
        for job in jobs:
            yield job.student, judge_job(job)
