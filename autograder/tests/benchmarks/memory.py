"""Measure the memory of `grade` while it grades a class.

    python -m autograder.tests.benchmarks.memory COURSE [STUDENTS]

Makes a class of 100 students, or as many as are asked for (more than ten), whose trained models have
10 MB each, no two alike. Grades it with a judge that answers at once, and prints the memory of the
grading process after every tenth student. The folder COURSE must not exist; it is removed at the end.
"""

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil

from autograder.authoring.exercises import artifacts_of, exercises_of
from autograder.authoring.release import make_release
from autograder.judging.verdict import State, Verdict, Verdicts
from detrlab.checkpoint import NAME, TRAINED_IN

MEGABYTES = 10
CONFIG = 'c = get_config()\nc.WriteVerdicts.judge = "autograder.tests.benchmarks.memory.judge"\n'
GRADE = """
import sys
from pathlib import Path
from autograder.gradebook.grade import grade
grade(Path(sys.argv[1]))
"""


def judge(step: str, notebook: dict, sandbox: object, seed: int, folder: Path) -> Verdicts:
    """Return a verdict that passes for every exercise."""
    exercises = [*exercises_of(step), *artifacts_of(step)]
    return {e.name: Verdict(State.PASSED, f"✓ {e.name}", 1.0) for e in exercises}


def make_class(course: Path, size: int) -> None:
    """Make a release of the step that trains, and submissions with a model each."""
    release = make_release(course, only=[TRAINED_IN]) / TRAINED_IN / f"{TRAINED_IN}.ipynb"
    (course / "nbgrader_config.py").write_text(CONFIG)
    notebook = json.loads(release.read_text(encoding="utf-8"))
    for number in range(size):
        folder = course / "submitted" / f"s{number:03}" / TRAINED_IN
        folder.mkdir(parents=True)
        (folder / f"{TRAINED_IN}.ipynb").write_text(json.dumps(notebook))
        (folder / NAME).write_bytes(random.Random(number).randbytes(MEGABYTES * 1_000_000))


def measure(course: Path) -> dict[int, float]:
    """Grade in a process of its own; return its memory in MiB by the number of students graded."""
    grading = subprocess.Popen([sys.executable, "-c", GRADE, str(course)])
    process, memory_after = psutil.Process(grading.pid), {}
    while grading.poll() is None:
        graded = len(list(course.glob(f"verdicts/*/{TRAINED_IN}.json")))
        try:
            memory = process.memory_info().rss / 2**20
        except psutil.NoSuchProcess:
            break
        if memory:  # none of a process that has just ended
            memory_after[graded] = memory
        time.sleep(0.02)
    return memory_after


def main(course: Path, size: int) -> None:
    """Make the class, measure, print, and remove it again."""
    make_class(course, size)
    memory_after = measure(course)
    for graded in range(0, size + 1, 10):
        nearest = min(memory_after, key=lambda number: abs(number - graded))
        print(f"{nearest:4} students graded: {memory_after[nearest]:6.0f} MiB")
    later = [memory for number, memory in memory_after.items() if number >= 10]
    print(f"after the first ten: {min(later):.0f} to {max(later):.0f} MiB")
    shutil.rmtree(course)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100)
