"""Have tasks done by other processes, here or on a cluster that is there already: dask.distributed.

At any time only a few tasks are under way, so that a class of any size fits in memory. A process that
dies takes no task with it: another one does it. A task that ends several processes is given up.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from autograder.judging.keys import Verdicts
from autograder.judging.tasks import Task, judge_task
from autograder.sandbox.box import Box
from autograder.workspace.stopped import AGAIN, GradingStopped

if TYPE_CHECKING:
    from distributed import Client

Judged = tuple[str, dict[str, Verdicts | None]]  # a student, the verdicts by step
# A machine that is busy is not a machine that is gone.
PATIENCE = {
    "distributed.comm.timeouts.connect": "120s",
    "distributed.comm.timeouts.tcp": "300s",
    "distributed.scheduler.worker-ttl": "30 minutes",
}
AHEAD = 2  # tasks under way for each process
spare: Box | None = None  # in each of these processes, started ahead of its submission
turn = Lock()  # a cluster may give its processes several threads


def judge_with_spare(task: Task) -> dict[str, Verdicts | None]:
    """Judge in the box that was started ahead, and start the next one: importing torch takes seconds.

    One at a time: while a step is judged, this process sees stand-ins in the place of its notebooks.
    """
    global spare
    with turn:
        box, spare = spare or Box(), None
        with box:
            spare = Box()
            spare.launch()
            return judge_task(task, box)


@contextmanager
def connect(processes: int, scheduler: str = "") -> Iterator["Client"]:
    """Start processes on this machine, or use those of the scheduler at an address.

    OSError where none answers there. The local ones are spoken to over TLS with a key of this run alone:
    without it, anybody on this machine could have them run code.
    """
    import dask
    from distributed import Client, LocalCluster  # here: it takes a second to import

    dask.config.set(PATIENCE)
    if scheduler:
        with Client(scheduler, timeout=20, name="autograder") as client:
            yield client
        return
    options = {"threads_per_worker": 1, "memory_limit": 0, "dashboard_address": "127.0.0.1:0"}
    with (
        LocalCluster(
            n_workers=processes, security=True, silence_logs=logging.CRITICAL, **options
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def judge_all(tasks: Iterator[Task], client: "Client") -> Iterator[Judged]:
    """Yield each student's verdicts as they come; none on what ended several processes.

    GradingStopped where the scheduler is gone.
    """
    from distributed import KilledWorker, as_completed

    students: dict[str, str] = {}
    under_way = as_completed()

    def fill_up() -> None:
        """Have enough under way for the processes that there are now: more may have joined."""
        while len(students) < AHEAD * max(1, len(client.ncores())) and (task := next(tasks, None)):
            future = client.submit(judge_with_spare, task, pure=False)
            students[str(future.key)] = task.student
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


def judge(tasks: Iterator[Task], processes: int = 0, scheduler: str = "") -> Iterator[Judged]:
    """Yield each student's verdicts: judged by local processes, on a cluster, or else in this process."""
    if processes or scheduler:
        with connect(processes, scheduler) as client:
            yield from judge_all(tasks, client)
    else:
        for task in tasks:
            yield task.student, judge_task(task)
