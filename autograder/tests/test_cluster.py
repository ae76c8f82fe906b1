"""Grading by several processes: killed heads and workers, a cluster that is there already."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from autograder.grade import grade
from autograder.intake import collect
from autograder.tests.rows import Rows, files, rows
from autograder.tests.small_course import answered, hand_in, make_course, release

pytestmark = pytest.mark.slow
STUDENTS = 8
SCRIPT = """
import sys
from pathlib import Path
from autograder.grade import grade
grade(Path(sys.argv[1]), processes=2)
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class whose answers each take a second to judge."""
    course = make_course(tmp_path_factory.mktemp("template") / "course")
    (course / "secret_seed.txt").write_text("1")
    for number in range(STUDENTS):
        layer = f"def layer(x):  # SLOW {number}\n    return {'x' if number % 3 else 0}"
        hand_in(course.parent / "inbox", f"student-{number}", answered(release(course), todo_layer=layer))
    collect(course.parent / "inbox", course)
    return course


@pytest.fixture
def course(template: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    subprocess.run(["cp", "-a", template, tmp_path / "course"], check=True)
    return tmp_path / "course"


@pytest.fixture(scope="module")
def undisturbed(template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Rows, dict]:
    """What a run makes of it that nothing happens to."""
    course = tmp_path_factory.mktemp("undisturbed") / "course"
    subprocess.run(["cp", "-a", template, course], check=True)
    grade(course)
    return rows(course), files(course)


def judged(course: Path) -> int:
    """Count the verdicts that are kept."""
    return len(list(course.glob("judged/*/*.json")))


def wait_until(happened: object, seconds: float = 90) -> None:
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
    head = subprocess.Popen([sys.executable, "-c", SCRIPT, str(course)], stdout=subprocess.DEVNULL)
    wait_until(lambda: judged(course) >= 2)
    family = psutil.Process(head.pid).children(recursive=True)
    head.kill()
    head.wait()
    wait_until(lambda: not any(alive(process) for process in family))
    assert 2 <= judged(course) < STUDENTS
    grade(course)
    assert (rows(course), files(course)) == undisturbed


def alive(process: psutil.Process) -> bool:
    """Say whether a process still runs."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


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
    words = SCRIPT.replace("processes=2", f"scheduler={address!r}")
    head = subprocess.Popen([sys.executable, "-c", words, str(course)], stdout=subprocess.DEVNULL)
    wait_until(lambda: judged(course) >= 2)
    kill_tree(workers[0])
    assert head.wait(timeout=120) == 0
    assert (rows(course), files(course)) == undisturbed
