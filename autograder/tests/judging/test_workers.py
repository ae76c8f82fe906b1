"""Grading by several processes goes on after processes were killed, also on a cluster."""

import contextlib
import shutil
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

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]  # the class is made in one process
STUDENTS = 8


@pytest.fixture(scope="module")
def slow_class(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class whose answers each take a second to judge; copied, never changed."""
    return kills.slow_class(tmp_path_factory.mktemp("slow") / "course", STUDENTS)


@pytest.fixture
def course(slow_class: Path, tmp_path: Path) -> Path:
    """A copy of the slow class, for one test."""
    return Path(shutil.copytree(slow_class, tmp_path / "course"))


@pytest.fixture(scope="module")
def undisturbed_outcome(slow_class: Path) -> tuple:
    """The outcome of a run in which no process is killed."""
    return kills.undisturbed(slow_class)


def wait_until(has_happened: Callable[[], object], seconds: float = 180) -> None:
    """Wait until something has happened; on a busy machine that takes long."""
    end = time.monotonic() + seconds
    while not has_happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def kill_tree(process: subprocess.Popen) -> None:
    """Kill a process and its descendants."""
    root = psutil.Process(process.pid)
    for member in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()


def test_killed_main_process_takes_its_workers_along_and_the_next_run_does_the_rest(
    course: Path, undisturbed_outcome: tuple
) -> None:
    main_process = kills.start(course)
    wait_until(lambda: kills.judged(course) >= 2)
    workers = psutil.Process(main_process.pid).children(recursive=True)
    main_process.kill()
    main_process.wait()
    wait_until(lambda: not any(kills.alive(worker) for worker in workers))
    assert 2 <= kills.judged(course) < STUDENTS
    grade(course)
    assert kills.outcome(course) == undisturbed_outcome


def accepts_connections(port: int) -> bool:
    """Return whether a process of this machine listens on a port."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def cluster() -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """The address of a scheduler, and its two workers, each a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    dask, address = str(Path(sys.executable).with_name("dask")), f"tcp://127.0.0.1:{port}"
    listen = ["--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    scheduler = subprocess.Popen([dask, "scheduler", *listen], **options)
    single = ["--nthreads", "1", "--no-dashboard", "--no-nanny"]
    workers = [subprocess.Popen([dask, "worker", address, *single], **options) for _ in range(2)]
    wait_until(lambda: accepts_connections(port))
    yield address, workers
    for process in (scheduler, *workers):
        if process.poll() is None:
            kill_tree(process)
        process.wait()


def test_cluster_that_loses_a_worker_comes_to_the_same_end(
    course: Path, cluster: tuple, undisturbed_outcome: tuple
) -> None:
    """The other worker judges the rest."""
    address, workers = cluster
    main_process = kills.start(course, scheduler=address)
    wait_until(lambda: kills.judged(course) >= 2)
    kill_tree(workers[0])
    assert main_process.wait(timeout=120) == 0
    assert kills.outcome(course) == undisturbed_outcome
