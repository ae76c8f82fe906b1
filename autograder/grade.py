"""Grade what was handed in, and write feedback on it: nbgrader does both, one submission after the other.

What makes it safe stands in preprocessors.py, where `nbgrader autograde` typed by hand finds it as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import track

from autograder.box import Box
from autograder.preprocessors import WriteVerdicts, forget_scores
from autograder.settings import COURSE, open_course

if TYPE_CHECKING:
    from nbgrader.apps import NbGraderAPI


@dataclass(frozen=True)
class Graded:
    """How grading one submission of one step went; `problem` is empty where it went well."""

    student: str
    step: str
    problem: str = ""


def grade(
    course: Path = COURSE, students: Iterable[str] | None = None, steps: Iterable[str] | None = None
) -> list[Graded]:
    """Grade what lies in the course's submitted folder, again where it was graded before.

    ValueError where there is no such step or student.
    """
    api = open_course(course)
    known = sorted(api.get_source_assignments())
    chosen = known if steps is None else list(steps)
    if unknown := set(chosen) - set(known):
        raise ValueError(f"{course} has no step {min(unknown)!r}; it has {', '.join(known) or 'none'}.")
    work = [(step, who) for step in chosen for who in sorted(api.get_submitted_students(step))]
    if students is not None:
        wanted = set(students)
        if unknown := wanted - {who for _, who in work}:
            raise ValueError(f"{min(unknown)!r} has submitted none of these steps.")
        work = [(step, who) for step, who in work if who in wanted]
    with Box() as WriteVerdicts.box:
        try:
            return [grade_one(api, step, who) for step, who in track(work, "Grading")]
        finally:
            WriteVerdicts.box = None


def grade_one(api: "NbGraderAPI", step: str, student: str) -> Graded:
    """Grade one submission; where nbgrader cannot, its automatic scores are taken back."""
    told = api.autograde(step, student)
    if "KeyboardInterrupt" in told.get("error", ""):
        raise KeyboardInterrupt  # nbgrader's API swallows it
    problem = "" if told["success"] else told.get("log", told.get("error", "")).strip()
    if problem:
        forget_scores(api.coursedir.db_url, step, student)
    return Graded(student, step, problem)


def give_feedback(course: Path = COURSE) -> Path:
    """Write an HTML page for each graded submission; return the folder."""
    api = open_course(course)
    for step in track(sorted(api.get_source_assignments()), "Feedback"):
        if api.get_autograded_students(step):
            told = api.generate_feedback(step)
            if not told["success"]:
                raise RuntimeError(f"nbgrader could not write feedback on {step}:\n{told['log']}")
    return Path(api.coursedir.root, api.coursedir.feedback_directory)
