"""Kill grading at random moments, head and workers, and see what is left.

    python -m autograder.tests.benchmarks.kills [KILLS]

Each run is killed on the way or comes to its end; then everything must be as after a run that nothing
happened to, row by row and file by file. `test_cluster.py` has the short version.
"""

import contextlib
import datetime
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from autograder.gradebook.grade import grade
from autograder.submissions.intake import collect
from autograder.tests.gradebook.rows import files, notes, rows
from autograder.tests.gradebook.small_course import (
    LATE,
    STEP,
    answered,
    by_a_person,
    make_course,
    release,
    submit,
)
from autograder.workspace.course import open_course

STUDENTS = 24
SCRIPT = """
import sys
from pathlib import Path
from autograder.gradebook.grade import grade
if __name__ == "__main__":
    grade(Path(sys.argv[1]), processes=int(sys.argv[2]), scheduler=sys.argv[3])
"""


def slow_class(course: Path, size: int) -> Path:
    """Make a class that was graded once, by a person too, and has handed in again.

    The new answers each take a second or two to judge. Every third came late; in every second the written
    answer, which a person has graded, is another one.
    """
    make_course(course)
    (course / "secret_seed.txt").write_text("1")
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(LATE)
    with open_course(course).gradebook as gradebook:
        gradebook.update_or_create_assignment(STEP, duedate=datetime.datetime(2026, 1, 1))
    students = [f"student-{number}" for number in range(size)]
    for student in students:
        answers = {"todo_layer": "def layer(x):\n    return 0", "written_why": "Because."}
        submit(course.parent / "inbox", student, answered(release(course), **answers))
    collect(course.parent / "inbox", course)
    grade(course)
    shutil.rmtree(course / "judged")  # so that what is counted there is new
    for number, student in enumerate(students):
        by_a_person(course, student, 1.5)
        layer = f"def layer(x):  # SLOW {number}\n    return {'x' if number % 3 else 0}"
        why = "Because of that." if number % 2 else "Because."
        answers = {"todo_layer": layer, "written_why": why}
        submit(course.parent / "inbox", student, answered(release(course), **answers))
    collect(course.parent / "inbox", course)
    for student in students[::3]:
        (course / "submitted" / student / STEP / "timestamp.txt").write_text("2026-01-03 00:00 UTC")
    return course


def outcome(course: Path) -> tuple:
    """Return everything that grading has left behind."""
    return rows(course), files(course), notes(course)


def undisturbed(course: Path) -> tuple:
    """Return what a run makes of a copy of a course that nothing happens to."""
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder, "course")
        subprocess.run(["cp", "-a", course, other], check=True)
        grade(other)
        return outcome(other)


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
    seed = random.randrange(2**32)
    print(f"moments drawn from seed {seed}", flush=True)
    moments, done, rounds = random.Random(seed), {"head": 0, "worker": 0}, 0
    with tempfile.TemporaryDirectory() as folder:
        template = slow_class(Path(folder, "course"), STUDENTS)
        right = undisturbed(template)
        while sum(done.values()) < kills:
            rounds += 1
            course = Path(folder, f"round-{rounds}")
            subprocess.run(["cp", "-a", template, course], check=True)
            disturb(course, moments, done, kills)
            same = outcome(course) == right
            print(
                f"class {rounds}: {done} killed so far, {'all as undisturbed' if same else 'DIFFERENT'}",
                flush=True,
            )
            if not same:
                raise SystemExit(1)
            shutil.rmtree(course)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
