"""Kill grading at random moments and compare what it leaves with that of an undisturbed run.

    python -m autograder.tests.benchmarks.kills [KILLS]

Grades a class of 24 students again and again; the main process or one of its workers is killed now and
then, 30 times by default. After each class, every row of the gradebook and every file has to be as after
an undisturbed run; else this ends with exit status 1. judging/test_workers.py is the short version.
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
from autograder.tests.gradebook.rows import files, grading_records, rows
from autograder.tests.gradebook.small_course import (
    LATE_POLICY,
    STEP,
    answered,
    enter_manual_score,
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
    """Make a class that was graded once, by a person too, and has submitted again.

    Each new answer takes a second or two to judge. Every third submission is late; in every second the
    written answer, which a person has graded, is another one.
    """
    make_course(course)
    (course / "secret_seed.txt").write_text("1")
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(LATE_POLICY)
    with open_course(course).gradebook as gradebook:
        gradebook.update_or_create_assignment(STEP, duedate=datetime.datetime(2026, 1, 1))
    students = [f"student-{number}" for number in range(size)]
    for student in students:
        answers = {"todo_layer": "def layer(x):\n    return 0", "written_why": "Because."}
        submit(course.parent / "inbox", student, answered(release(course), **answers))
    collect(course.parent / "inbox", course)
    grade(course)
    shutil.rmtree(course / "judged")  # so that only new verdicts are counted
    for number, student in enumerate(students):
        enter_manual_score(course, student, 1.5)
        layer = f"def layer(x):  # SLOW {number}\n    return {'x' if number % 3 else 0}"
        why = "Because of that." if number % 2 else "Because."
        answers = {"todo_layer": layer, "written_why": why}
        submit(course.parent / "inbox", student, answered(release(course), **answers))
    collect(course.parent / "inbox", course)
    for student in students[::3]:
        (course / "submitted" / student / STEP / "timestamp.txt").write_text("2026-01-03 00:00 UTC")
    return course


def outcome(course: Path) -> tuple:
    """Return everything that grading leaves."""
    return rows(course), files(course), grading_records(course)


def undisturbed(course: Path) -> tuple:
    """Grade a copy of a course without disturbance; return the outcome."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "course")
        subprocess.run(["cp", "-a", course, copy], check=True)
        grade(copy)
        return outcome(copy)


def start(course: Path, processes: int = 2, scheduler: str = "") -> subprocess.Popen:
    """Start grading in a process of its own, the main process."""
    command = [sys.executable, "-c", SCRIPT, str(course), str(processes), scheduler]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def judged(course: Path) -> int:
    """Count the verdicts that are in the cache."""
    return len(list(course.glob("judged/*/*.json")))


def alive(process: psutil.Process) -> bool:
    """Return whether a process still runs."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def workers_of(main_process: subprocess.Popen) -> list[psutil.Process]:
    """Return the running processes that judge for a main process."""
    workers = []
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in psutil.Process(main_process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if any("spawn_main" in word for word in process.cmdline()):
                    workers.append(process)
    return workers


def wait(main_process: subprocess.Popen, course: Path, generator: random.Random) -> None:
    """Let a run go on: mostly until it has judged something more, now and then only a moment."""
    before, seconds = judged(course), generator.choice([2, 60, 600, 600, 600])
    end = time.monotonic() + seconds
    while main_process.poll() is None and judged(course) == before and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(generator.uniform(0, 3))


def grade_with_kills(course: Path, generator: random.Random, killed: dict[str, int], kills: int) -> None:
    """Grade a course to its end, restarted whenever its main process is killed.

    Args:
        course: its folder.
        generator: draws when and what to kill.
        killed: how many processes of each kind were killed so far; counted on here.
        kills: how many to kill in all.
    """
    while True:
        main_process = start(course)
        while main_process.poll() is None:
            if sum(killed.values()) >= kills:
                main_process.wait()
                continue
            wait(main_process, course, generator)
            kind = generator.choice(["main", "worker"])
            victims = [main_process] if kind == "main" else workers_of(main_process)
            if main_process.poll() is None and victims:
                generator.choice(victims).kill()
                killed[kind] += 1
                if kind == "main":
                    main_process.wait()
        if main_process.returncode == 0:
            return


def main(kills: int) -> None:
    """Grade class after class until so many processes were killed; print how each compares."""
    seed = random.randrange(2**32)
    print(f"moments drawn from seed {seed}", flush=True)
    generator, killed, classes = random.Random(seed), {"main": 0, "worker": 0}, 0
    with tempfile.TemporaryDirectory() as folder:
        template = slow_class(Path(folder, "course"), STUDENTS)
        expected = undisturbed(template)
        while sum(killed.values()) < kills:
            classes += 1
            course = Path(folder, f"class-{classes}")
            subprocess.run(["cp", "-a", template, course], check=True)
            grade_with_kills(course, generator, killed, kills)
            equal = outcome(course) == expected
            print(
                f"class {classes}: {killed} killed so far, {'as undisturbed' if equal else 'DIFFERENT'}",
                flush=True,
            )
            if not equal:
                raise SystemExit(1)
            shutil.rmtree(course)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
