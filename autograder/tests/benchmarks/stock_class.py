"""Compare the speed and the verdicts of nbgrader's own autograding with those of this course's grading.

    python -m autograder.tests.benchmarks.stock_class FOLDER [STUDENTS]

Makes the same class twice, in the folders stock and ours of FOLDER, which must not exist. nbgrader grades
two of the students by default: it runs every cell of a notebook in a kernel and the hidden checks after
it. This course's grading grades the whole class. nbgrader is measured at its best: trainings are cut to
20 steps (DETR_QUICK), stand-ins take the place of other steps, and trained models are not measured.
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
from autograder.workspace.course import NBGRADER_LOG, open_course

Scores = dict[tuple[str, str, str], float]


def grade_by_nbgrader(course: Path, students: list[str]) -> float:
    """Grade students with nbgrader's own settings; return the seconds per student."""
    config = Config()
    config.CourseDirectory.root = str(course)
    config.Execute.timeout = 600
    api = NbGraderAPI(config=config, log=NBGRADER_LOG)
    started = time.monotonic()
    for student in students:
        for step in all_steps():
            step_started = time.monotonic()
            result = api.autograde(step, student)
            seconds = time.monotonic() - step_started
            print(f"  {student} {step}: {seconds:.1f} s {result.get('error', '')[-200:]}", flush=True)
    return (time.monotonic() - started) / len(students)


def grade_by_course(course: Path, students: list[str], processes: int) -> float:
    """Grade students with so many processes; return the seconds per student, once all have started."""
    grade(course, students, processes=processes)
    times = sorted(path.stat().st_mtime for path in course.glob(f"verdicts/*/{all_steps()[-1]}.json"))
    later = times[4 * processes :]
    return (later[-1] - later[0]) / (len(later) - 1)


def read_scores(course: Path) -> Scores:
    """Return the automatic score of each check, by student, step and check."""
    scores: Scores = {}
    with open_course(course).gradebook as gradebook:
        for step in all_steps():
            for submission in gradebook.assignment_submissions(step):
                for row in submission.notebooks[0].grades:
                    if row.cell_type == "code":
                        scores[submission.student.id, step, row.name] = row.auto_score
    return scores


def main(folder: Path, size: int) -> None:
    """Make the class twice, grade both, and print how they compare."""
    os.environ.update(DETR_QUICK="1", OMP_NUM_THREADS="1")
    processes = os.cpu_count() or 1
    courses = folder / "stock", folder / "ours"
    for course in courses:
        course.mkdir(parents=True)
        make_class(course / "inbox", make_release(course), 12 * processes)
        intake.collect(course / "inbox", course)
    students = sorted(path.name for path in (courses[0] / "submitted").iterdir())
    stock_seconds = grade_by_nbgrader(courses[0], students[:size])
    our_seconds = grade_by_course(courses[1], students, processes)
    stock_scores, our_scores = (read_scores(course) for course in courses)
    compared = {key for key in stock_scores if key[0] in students[:size]}
    equal = {
        key
        for key in compared
        if math.isclose(stock_scores[key] or 0, our_scores[key] or 0, abs_tol=0.01)
    }
    print(f"nbgrader: {60 / stock_seconds:.2f} students a minute, {stock_seconds:.1f} s each")
    print(f"ours, {processes} processes: {60 / our_seconds:.1f} a minute, {our_seconds:.1f} s each")
    print(f"{stock_seconds / our_seconds:.0f} times as fast")
    print(f"{len(equal)} verdicts are equal, these are not: {sorted(compared - equal)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 2)
