"""Grade whole weeks with nbgrader as it comes, then a class with this course's grading, on one machine.

    python -m autograder.tests.benchmarks.stock_class FOLDER [STUDENTS]

As it comes, nbgrader runs every cell of a notebook in a kernel, and the hidden checks after it. It is
measured at its best: trainings are cut to 20 steps (DETR_QUICK), each notebook stands alone so that
stand-ins fill in for the other steps, and the trained model is not measured.
"""

import math
import os
import sys
import time
from pathlib import Path

from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

from autograder.authoring.release import make_release
from autograder.authoring.sources import all_steps
from autograder.gradebook.grade import grade
from autograder.submissions import intake
from autograder.tests.benchmarks.make_class import make_class
from autograder.workspace.course import QUIET, open_course

os.environ.update(DETR_QUICK="1", OMP_NUM_THREADS="1")
Scores = dict[tuple[str, str, str], float]


def as_it_comes(course: Path, students: list[str]) -> float:
    """Grade students with nbgrader's own settings; return the seconds each took."""
    config = Config()
    config.CourseDirectory.root = str(course)
    config.Execute.timeout = 600
    api = NbGraderAPI(config=config, log=QUIET)
    started = time.monotonic()
    for student in students:
        for step in all_steps():
            began = time.monotonic()
            told = api.autograde(step, student)
            print(
                f"  {student} {step}: {time.monotonic() - began:.1f} s {told.get('error', '')[-200:]}",
                flush=True,
            )
    return (time.monotonic() - started) / len(students)


def ours(course: Path, students: list[str], processes: int) -> float:
    """Grade students with so many processes; return the seconds each took, once all of them are warm."""
    grade(course, students, processes=processes)
    done = sorted(path.stat().st_mtime for path in course.glob(f"verdicts/*/{all_steps()[-1]}.json"))
    warm = done[4 * processes :]
    return (warm[-1] - warm[0]) / (len(warm) - 1)


def scores(course: Path) -> Scores:
    """Return the automatic score of each check, by student, step and check."""
    found = {}
    with open_course(course).gradebook as gradebook:
        for step in all_steps():
            for submission in gradebook.assignment_submissions(step):
                for mark in submission.notebooks[0].grades:
                    if mark.cell_type == "code":
                        found[submission.student.id, step, mark.name] = mark.auto_score
    return found


def main(folder: Path, size: int) -> None:
    """Make the same class twice; grade its first students as it comes, and all of them here."""
    processes = os.cpu_count() or 1
    courses = folder / "stock", folder / "ours"
    for course in courses:
        course.mkdir(parents=True)
        make_class(course / "inbox", make_release(course), 12 * processes)
        intake.collect(course / "inbox", course)
    students = sorted(path.name for path in (courses[0] / "submitted").iterdir())
    plain, fast = as_it_comes(courses[0], students[:size]), ours(courses[1], students, processes)
    one, other = scores(courses[0]), scores(courses[1])
    compared = {key for key in one if key[0] in students[:size]}
    same = {key for key in compared if math.isclose(one[key] or 0, other[key] or 0, abs_tol=0.01)}
    differ = compared - same
    print(f"as it comes: {60 / plain:.2f} students a minute, {plain:.1f} s each")
    print(f"here, {processes} processes: {60 / fast:.1f} a minute, {fast:.1f} s each")
    print(f"{plain / fast:.0f} times")
    print(f"{len(same)} verdicts are the same, these are not: {sorted(differ)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2)
