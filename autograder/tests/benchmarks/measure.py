"""Measure the grading of a class: python -m autograder.tests.benchmarks.measure COURSE SIZE [PROCESSES]

Makes a class of whole weeks in a folder, grades it, and prints how fast the first and the last fifty
students went, and the most memory that all processes took together. A course that is there is graded on.
"""

import subprocess
import sys
import time
from pathlib import Path

import psutil

from autograder.authoring.release import make_release
from autograder.reports.results import read_results
from autograder.submissions import intake
from autograder.tests.benchmarks.make_class import make_class

EVERY = 5  # seconds between two looks
GRADE = """
import sys
from pathlib import Path
from autograder.gradebook.grade import grade
if __name__ == "__main__":
    grade(Path(sys.argv[1]), processes=int(sys.argv[2]))
"""
Look = tuple[int, float, float, int]  # students done, seconds, CPU seconds so far; bytes of memory now


class Watch:
    """Looks at a process and all that came from it; what several share counts once."""

    def __init__(self, process: psutil.Process):
        self.process, self.started = process, time.monotonic()
        self.cpu: dict[psutil.Process, float] = {}

    def look(self, course: Path) -> Look:
        """Take all the figures once."""
        memory = 0
        for one in (self.process, *self.process.children(recursive=True)):
            try:
                times = one.cpu_times()
                self.cpu[one] = times.user + times.system
                memory += one.memory_full_info().pss
            except psutil.Error:
                continue
        done = len(list(course.glob("verdicts/*/12_recap.json")))
        return done, time.monotonic() - self.started, sum(self.cpu.values()), memory


def run(course: Path, processes: int) -> list[Look]:
    """Grade a course in a process of its own, and look at it from time to time."""
    head = subprocess.Popen([sys.executable, "-c", GRADE, str(course), str(processes)])
    watch, looks = Watch(psutil.Process(head.pid)), []
    with (course / "looks.txt").open("a") as file:
        while head.poll() is None:
            looks.append(watch.look(course))
            print(*looks[-1], file=file, flush=True)
            time.sleep(EVERY)
    return looks


def rate(looks: list[Look], first: int, last: int) -> str:
    """Say how fast it went from one number of students done to another."""
    start = next(look for look in looks if look[0] >= first)
    end = next(look for look in looks if look[0] >= last)
    done, minutes, cpu = end[0] - start[0], (end[1] - start[1]) / 60, end[2] - start[2]
    return f"{done / minutes:.1f} students a minute, {cpu / done:.1f} CPU seconds each"


def measure(course: Path, size: int, processes: int) -> None:
    """Make a class, grade it, print the figures."""
    if not course.exists():
        course.mkdir(parents=True)
        make_class(course / "inbox", make_release(course), size)
        intake.collect(course / "inbox", course)
    looks = run(course, processes)
    start, total, part = looks[0][0], looks[-1][0], min(50, size // 3)
    print(f"students {start} to {start + part}: {rate(looks, start, start + part)}")
    print(f"students {total - part} to {total}: {rate(looks, total - part, total)}")
    print(f"at most {max(look[3] for look in looks) / 2**30:.2f} GiB of memory, all processes together")
    graded = {row.student for row in read_results(course).results if row.score is not None}
    print(f"{len(graded)} of {size} students have scores")


if __name__ == "__main__":
    measure(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 2)
