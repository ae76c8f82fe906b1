"""Measure the speed and the memory of grading a class.

    python -m autograder.tests.benchmarks.measure COURSE STUDENTS [PROCESSES]

Makes a class of whole weeks in the folder COURSE, grades it with two processes by default, and prints how
many of the first and of the last fifty students were graded a minute, and the most memory that all
processes used together. Where COURSE exists, its grading goes on.
"""

import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from autograder.authoring.release import make_release
from autograder.authoring.sources import all_steps
from autograder.reports.results import read_results
from autograder.submissions import intake
from autograder.tests.benchmarks.make_class import make_class

INTERVAL = 5  # seconds between two samples
GRADE = """
import sys
from pathlib import Path
from autograder.gradebook.grade import grade
if __name__ == "__main__":
    grade(Path(sys.argv[1]), processes=int(sys.argv[2]))
"""


class Sample(NamedTuple):
    """The state of a grading run at one moment."""

    students: int  # graded so far
    seconds: float  # since the start
    cpu_seconds: float  # of all processes so far
    memory: int  # bytes of all processes, shared memory counted once


class Sampler:
    """Samples a process and all that it has started."""

    def __init__(self, process: psutil.Process):
        self.process, self.started = process, time.monotonic()
        self.cpu_seconds: dict[psutil.Process, float] = {}

    def sample(self, course: Path) -> Sample:
        """Return the state of the run at this moment."""
        memory = 0
        for process in (self.process, *self.process.children(recursive=True)):
            try:
                times = process.cpu_times()
                self.cpu_seconds[process] = times.user + times.system
                memory += process.memory_full_info().pss
            except psutil.Error:
                continue
        students = len(list(course.glob(f"verdicts/*/{all_steps()[-1]}.json")))
        seconds = time.monotonic() - self.started
        return Sample(students, seconds, sum(self.cpu_seconds.values()), memory)


def grade_and_sample(course: Path, processes: int) -> list[Sample]:
    """Grade a course in a process of its own; return samples, which are also written to samples.txt."""
    grading = subprocess.Popen([sys.executable, "-c", GRADE, str(course), str(processes)])
    sampler, samples = Sampler(psutil.Process(grading.pid)), []
    with (course / "samples.txt").open("a") as file:
        while grading.poll() is None:
            samples.append(sampler.sample(course))
            print(*samples[-1], file=file, flush=True)
            time.sleep(INTERVAL)
    return samples


def describe_rate(samples: list[Sample], first: int, last: int) -> str:
    """Describe the speed between two numbers of graded students."""
    start = next(sample for sample in samples if sample.students >= first)
    end = next(sample for sample in samples if sample.students >= last)
    students, minutes = end.students - start.students, (end.seconds - start.seconds) / 60
    cpu_seconds = (end.cpu_seconds - start.cpu_seconds) / students
    return f"{students / minutes:.1f} students a minute, {cpu_seconds:.1f} CPU seconds each"


def main(course: Path, size: int, processes: int) -> None:
    """Make a class, grade it, and print the figures."""
    if not course.exists():
        course.mkdir(parents=True)
        make_class(course / "inbox", make_release(course), size)
        intake.collect(course / "inbox", course)
    samples = grade_and_sample(course, processes)
    start, end, part = samples[0].students, samples[-1].students, min(50, size // 3)
    print(f"students {start} to {start + part}: {describe_rate(samples, start, start + part)}")
    print(f"students {end - part} to {end}: {describe_rate(samples, end - part, end)}")
    memory = max(sample.memory for sample in samples) / 2**30
    print(f"at most {memory:.2f} GiB of memory, all processes together")
    graded = {row.student for row in read_results(course).results if row.score is not None}
    print(f"{len(graded)} of {size} students have scores")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 2)
