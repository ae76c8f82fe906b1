"""Grade submissions: judge them in parallel, and write nbgrader's gradebook from this process alone.

Submissions that have not changed since they were graded are skipped: a run that was killed resumes, and a
run with nothing new takes seconds. The results are those of `nbgrader autograde` with the same verdicts.
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
    Task,
    TimeRemainingColumn,
)
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
    """Grade the submissions in the course's submitted folder that are new or have changed.

    Args:
        course: the course folder.
        students: their ids; all by default.
        steps: their names; all by default.
        processes: how many judge on this machine; 0 for this process alone.
        scheduler: the address of a Dask scheduler whose workers judge instead.

    Returns:
        what was graded in this run, by student and step.

    Raises:
        ValueError: if there is no such step or student.
        FileNotFoundError: if the release of a step is missing.
        GradingStopped: if grading cannot continue for now.
        SandboxUnavailable: if submissions cannot be sandboxed.
    """
    api = open_course(course)
    work = find_work(api, students, steps)
    graded: list[GradedStep] = []
    with hold_course(course), Writer(api) as writer, progress_bar() as bar:
        run = GradingRun(api, writer)
        task = bar.add_task("Grading", total=len(work))
        submissions: dict[str, Submission] = {}

        def jobs() -> Iterator[Job]:
            """Yield a job for each student with a step that has no verdicts yet; write all others."""
            for student, submitted_steps in work.items():
                submission = run.read(student, submitted_steps)
                job = run.job(submission) if submission.keys else None
                if job:
                    submissions[student] = submission
                    yield job
                else:
                    graded.extend(run.write(submission, {}))
                    bar.advance(task)

        pending = jobs()
        if first := next(pending, None):  # without a job, no processes are started
            for student, verdicts in judge_jobs(chain([first], pending), processes, scheduler):
                graded += run.write(submissions.pop(student), verdicts)
                bar.advance(task)
    return sorted(graded)


def find_work(
    api: "NbGraderAPI", students: Iterable[str] | None = None, steps: Iterable[str] | None = None
) -> Work:
    """Return the steps that each student has submitted, among the given students and steps.

    Args:
        api: nbgrader, opened on the course.
        students: their ids; all by default.
        steps: their names; all by default.

    Raises:
        ValueError: if there is no such step, or a student has submitted none of them.
        FileNotFoundError: if the release of a step is missing.
    """
    known = sorted(api.get_source_assignments())
    chosen = known if steps is None else list(steps)
    if unknown := set(chosen) - set(known):
        course = api.coursedir.root
        raise ValueError(f"{course} has no step {min(unknown)!r}; it has {', '.join(known) or 'none'}.")
    folder = Path(api.coursedir.root, api.coursedir.release_directory)
    if missing := [step for step in chosen if not (folder / step / f"{step}.ipynb").is_file()]:
        raise FileNotFoundError(f"The release of {missing[0]} is missing: python -m autograder release")
    work: Work = {}
    for step in chosen:
        for student in sorted(api.get_submitted_students(step)):
            work.setdefault(student, []).append(step)
    if students is None:
        return work
    wanted = set(students)
    if unknown := wanted - work.keys():
        raise ValueError(f"{min(unknown)!r} has submitted none of these steps.")
    return {student: work[student] for student in work if student in wanted}


class SpeedColumn(ProgressColumn):
    """A column of a progress bar with the speed."""

    def render(self, task: Task) -> Text:
        """Return the speed in students a minute."""
        return Text(f"{60 * task.speed:.0f} students a minute" if task.speed else "")


def progress_bar() -> Progress:
    """Return a progress bar with the number of students, the speed and the remaining time."""
    columns = (BarColumn(), MofNCompleteColumn(), SpeedColumn(), TimeRemainingColumn(compact=True))
    return Progress("{task.description}", *columns, "left")
