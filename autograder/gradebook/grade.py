"""Grade what was submitted: judge in parallel, write into nbgrader's gradebook from this process alone.

What is graded already, as it is now, is left as it is: a run that was killed goes on where it was, and a
run with nothing new takes seconds. What comes out is what `nbgrader autograde` makes of the verdicts.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TimeRemainingColumn,
)
from rich.progress import Task as Line
from rich.text import Text

from autograder.gradebook.grading_run import GradedStep, GradingRun, Submission
from autograder.gradebook.writer import Writer
from autograder.judging.job import Job
from autograder.judging.workers import judge_jobs
from autograder.workspace.course import open_course
from autograder.workspace.run_lock import explain_stops, hold_course

if TYPE_CHECKING:
    from nbgrader.apps import NbGraderAPI

Work = dict[str, list[str]]  # steps by student


@explain_stops()
def grade(
    course: Path,
    students: Iterable[str] | None = None,
    steps: Iterable[str] | None = None,
    processes: int = 0,
    scheduler: str = "",
) -> list[GradedStep]:
    """Grade what lies in the course's submitted folder and is not yet graded as it is.

    Args:
        course: its folder.
        students, steps: which of them; all where none are given.
        processes: how many of this machine judge; 0 for this process alone.
        scheduler: the address of a Dask scheduler whose workers judge instead.

    Raises:
        ValueError: where there is no such step or student.
        GradingStopped: where it cannot go on for now.
        SandboxUnavailable: where nothing can be sandboxed.
    """
    api = open_course(course)
    work = find_work(api, students, steps)
    done: list[GradedStep] = []
    with hold_course(course), Writer(api) as writer, progress() as bar:
        run = GradingRun(api, writer)
        line = bar.add_task("Grading", total=len(work))
        judged: dict[str, Submission] = {}

        def jobs() -> Iterator[Job]:
            """Yield a job for each student about whom something is still to be found out."""
            for student, own in work.items():
                submission = run.read(student, own)
                job = run.job(submission) if submission.keys else None
                if job:
                    judged[student] = submission
                    yield job
                else:
                    done.extend(run.write(submission, {}))
                    bar.advance(line)

        waiting = jobs()
        if first := next(waiting, None):  # a run with nothing to judge starts no processes
            for student, verdicts in judge_jobs(chain([first], waiting), processes, scheduler):
                done += run.write(judged.pop(student), verdicts)
                bar.advance(line)
    return sorted(done)


def find_work(
    api: "NbGraderAPI", students: Iterable[str] | None = None, steps: Iterable[str] | None = None
) -> Work:
    """Return what was submitted of these steps by these students, or of all.

    Raises:
        ValueError: where there is no such step or student.
        FileNotFoundError: where the release of a step is missing.
    """
    known = sorted(api.get_source_assignments())
    chosen = known if steps is None else list(steps)
    if unknown := set(chosen) - set(known):
        course = api.coursedir.root
        raise ValueError(f"{course} has no step {min(unknown)!r}; it has {', '.join(known) or 'none'}.")
    folder = Path(api.coursedir.root, api.coursedir.release_directory)
    if gone := [step for step in chosen if not (folder / step / f"{step}.ipynb").is_file()]:
        raise FileNotFoundError(f"The release of {gone[0]} is missing: python -m autograder release")
    work: Work = {}
    for step in chosen:
        for student in sorted(api.get_submitted_students(step)):
            work.setdefault(student, []).append(step)
    if students is None:
        return work
    wanted = set(students)
    if unknown := wanted - work.keys():
        raise ValueError(f"{min(unknown)!r} has submitted none of these steps.")
    return {student: own for student, own in work.items() if student in wanted}


class SpeedColumn(ProgressColumn):
    """Says how fast it goes."""

    def render(self, line: Line) -> Text:
        """Return students a minute, over the last half minute."""
        return Text(f"{60 * line.speed:.0f} students a minute" if line.speed else "")


def progress() -> Progress:
    """Return a bar: how many students of how many, how fast, and how long it will still take."""
    left = TimeRemainingColumn(compact=True)
    return Progress("{task.description}", BarColumn(), MofNCompleteColumn(), SpeedColumn(), left, "left")
