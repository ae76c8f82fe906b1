"""Grade what was handed in: judge in parallel, write into nbgrader's gradebook from this process alone.

What is graded already, as it is now, is left as it is: a run that was killed goes on where it was, and a
run with nothing new takes seconds. What comes out is what `nbgrader autograde` makes of the verdicts.
"""

from collections.abc import Iterable
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

from autograder.gradebook.desk import Desk, Graded
from autograder.gradebook.gradebook import Writer
from autograder.judging import cluster
from autograder.workspace.settings import COURSE, open_course
from autograder.workspace.stopped import only_one, stopped_in_words

if TYPE_CHECKING:
    from nbgrader.apps import NbGraderAPI

Work = dict[str, list[str]]  # steps by student


@stopped_in_words()
def grade(
    course: Path = COURSE,
    students: Iterable[str] | None = None,
    steps: Iterable[str] | None = None,
    processes: int = 0,
    scheduler: str = "",
) -> list[Graded]:
    """Grade what lies in the course's submitted folder and is not yet graded as it is.

    Judged by so many `processes` of this machine, by those of the dask `scheduler` at an address, or else
    in this one. ValueError where there is no such step or student; GradingStopped where it cannot go on.
    """
    api = open_course(course)
    work = find_work(api, students, steps)
    done: list[Graded] = []
    with only_one(course), Writer(api) as writer, progress() as bar:
        desk = Desk(api, writer)
        found = {student: desk.find_todo(student, own) for student, own in work.items()}
        todo = {student: keys for student, keys in found.items() if keys}
        line = bar.add_task("Grading", total=len(todo))
        for student in [student for student in todo if not desk.unknown(todo[student])]:
            done += desk.write(student, todo.pop(student), {})
            bar.advance(line)
        if todo:
            tasks = (desk.task(student, desk.unknown(keys)) for student, keys in todo.items())
            for student, verdicts in cluster.judge(tasks, processes, scheduler):
                done += desk.write(student, todo[student], verdicts)
                bar.advance(line)
    return sorted(done)


def find_work(
    api: "NbGraderAPI", students: Iterable[str] | None = None, steps: Iterable[str] | None = None
) -> Work:
    """Return what was handed in of these steps by these students, or of all; ValueError where unknown."""
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


class Rate(ProgressColumn):
    """Says how fast it goes."""

    def render(self, line: Line) -> Text:
        """Return students a minute, over the last half minute."""
        return Text(f"{60 * line.speed:.0f} students a minute" if line.speed else "")


def progress() -> Progress:
    """Return a bar: how many students of how many, how fast, and how long it will still take."""
    left = TimeRemainingColumn(compact=True)
    return Progress("{task.description}", BarColumn(), MofNCompleteColumn(), Rate(), left, "left")
