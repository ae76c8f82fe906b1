"""Kill grading at random moments, head and workers, and see what is left.

    python -m autograder.tests.kills [KILLS]

Each run is killed on the way or comes to its end; then everything must be as after a run that nothing
happened to, row by row and file by file. `test_cluster.py` has the short version.
"""

import contextlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from autograder.grade import grade
from autograder.intake import collect
from autograder.tests.rows import Rows, files, rows
from autograder.tests.small_course import answered, hand_in, make_course, release

STUDENTS = 24
SCRIPT = """
import sys
from pathlib import Path
from autograder.grade import grade
if __name__ == "__main__":
    grade(Path(sys.argv[1]), processes=int(sys.argv[2]), scheduler=sys.argv[3])
"""


def slow_class(course: Path, size: int) -> Path:
    """Make a class whose answers each take a second or two to judge."""
    make_course(course)
    (course / "secret_seed.txt").write_text("1")
    for number in range(size):
        layer = f"def layer(x):  # SLOW {number}\\n    return {'x' if number % 3 else 0}"
        hand_in(course.parent / "inbox", f"student-{number}", answered(release(course), todo_layer=layer))
    collect(course.parent / "inbox", course)
    return course


def undisturbed(course: Path) -> tuple[Rows, dict]:
    """Return what a run makes of a copy of a course that nothing happens to."""
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder, "course")
        subprocess.run(["cp", "-a", course, other], check=True)
        grade(other)
        return rows(other), files(other)


def start(course: Path, processes: int = 2, scheduler: str = "") -> subprocess.Popen:
    """Start grading in a process of its own, the head."""
    words = [sys.executable, "-c", SCRIPT, str(course), str(processes), scheduler]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def judged(course: Path) -> int:
    """Count the verdicts that are kept."""
    return len(list(course.glob("judged/*/*.json")))


def alive(process: psutil.Process) -> bool:
    """Say whether a process still runs."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def workers_of(head: subprocess.Popen) -> list[psutil.Process]:
    """Return the processes that judge for a head, those that live now."""
    found = []
    with contextlib.suppress(psutil.NoSuchProcess):
        for one in psutil.Process(head.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if any("spawn_main" in word for word in one.cmdline()):
                    found.append(one)
    return found


def wait(head: subprocess.Popen, course: Path, moments: random.Random) -> None:
    """Let a run go on: mostly until it has judged something more, now and then only a moment."""
    before, patience = judged(course), moments.choice([2, 60, 600, 600, 600])
    end = time.monotonic() + patience
    while head.poll() is None and judged(course) == before and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(moments.uniform(0, 3))


def disturb(course: Path, moments: random.Random, done: dict[str, int], kills: int) -> None:
    """Grade a course to its end, however often a process is killed on the way."""
    while True:
        head = start(course)
        while head.poll() is None:
            if sum(done.values()) >= kills:
                head.wait()
                continue
            wait(head, course, moments)
            kind = moments.choice(["head", "worker"])
            victims = [head] if kind == "head" else workers_of(head)
            if head.poll() is None and victims:
                moments.choice(victims).kill()
                done[kind] += 1
                if kind == "head":
                    head.wait()
        if head.returncode == 0:
            return


def main(kills: int) -> None:
    """Kill and start again until there were so many kills; compare after each class, and count."""
    moments, done, rounds = random.Random(), {"head": 0, "worker": 0}, 0
    with tempfile.TemporaryDirectory() as folder:
        template = slow_class(Path(folder, "course"), STUDENTS)
        right = undisturbed(template)
        while sum(done.values()) < kills:
            rounds += 1
            course = Path(folder, f"round-{rounds}")
            subprocess.run(["cp", "-a", template, course], check=True)
            disturb(course, moments, done, kills)
            same = (rows(course), files(course)) == right
            print(
                f"class {rounds}: {done} killed so far, {'all as undisturbed' if same else 'DIFFERENT'}",
                flush=True,
            )
            if not same:
                raise SystemExit(1)
            shutil.rmtree(course)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
