"""Grading by several processes: killed heads and workers, a cluster that is there already."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from autograder.gradebook.grade import grade
from autograder.tests.benchmarks import kills
from autograder.tests.benchmarks.kills import alive, judged

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]
STUDENTS = 8


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class whose answers each take a second to judge."""
    return kills.slow_class(tmp_path_factory.mktemp("template") / "course", STUDENTS)


@pytest.fixture
def course(template: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    subprocess.run(["cp", "-a", template, tmp_path / "course"], check=True)
    return tmp_path / "course"


@pytest.fixture(scope="module")
def undisturbed(template: Path) -> tuple:
    """What a run makes of it that nothing happens to."""
    return kills.undisturbed(template)


def wait_until(happened: Callable[[], object], seconds: float = 90) -> None:
    """Wait until something has happened."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def kill_tree(process: psutil.Process | subprocess.Popen) -> None:
    """Kill a process and all that came from it, at once."""
    family = psutil.Process(process.pid)
    for one in [family, *family.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()


def test_the_head_is_killed(course: Path, undisturbed: tuple) -> None:
    """Its workers end with it, and the next run goes on where it was."""
    head = kills.start(course)
    wait_until(lambda: judged(course) >= 2)
    family = psutil.Process(head.pid).children(recursive=True)
    head.kill()
    head.wait()
    wait_until(lambda: not any(alive(process) for process in family))
    assert 2 <= judged(course) < STUDENTS
    grade(course)
    assert kills.outcome(course) == undisturbed


@pytest.fixture
def cluster() -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """A scheduler and two workers, each started as a process of its own."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{one.getsockname()[1]}"
    common = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    place = ["--host", "127.0.0.1", "--port", address.rpartition(":")[2], "--no-dashboard"]
    dask = [str(Path(sys.executable).with_name("dask"))]
    scheduler = subprocess.Popen([*dask, "scheduler", *place], **common)
    alone = ["--nthreads", "1", "--no-dashboard", "--no-nanny"]
    workers = [subprocess.Popen([*dask, "worker", address, *alone], **common) for _ in range(2)]
    yield address, workers
    for process in (scheduler, *workers):
        if process.poll() is None:
            kill_tree(process)
        process.wait()


def test_a_cluster_that_loses_a_worker(course: Path, cluster: tuple, undisturbed: tuple) -> None:
    """Two workers of a scheduler judge; one is killed on the way, the other one does the rest."""
    address, workers = cluster
    head = kills.start(course, scheduler=address)
    wait_until(lambda: judged(course) >= 2)
    kill_tree(workers[0])
    assert head.wait(timeout=120) == 0
    assert kills.outcome(course) == undisturbed
