"""Write the pages that students get: nbgrader's own, several at a time, and only where they change."""

import functools
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

from nbgrader import api as rows
from rich.progress import track
from sqlalchemy import select

from autograder.judging.keys import fingerprint
from autograder.workspace.settings import COURSE, open_course

if TYPE_CHECKING:
    from nbgrader.apps import NbGraderAPI

Page = tuple[str, str]  # student, step


def give_feedback(course: Path = COURSE, processes: int = 0) -> Path:
    """Write an HTML page for each graded submission that has none as it is now; return the folder.

    By so many `processes`, or in this one. ValueError at the end, naming those that nbgrader could not
    write; all others are written.
    """
    api = open_course(course)
    wanted = states(api)
    pages = [page for page, state in wanted.items() if read(stamp(course, page)) != state]
    problems = []
    for page, problem in written(course, pages, processes):
        if problem:
            problems.append(f"nbgrader could not write the page of {' in '.join(page)}:\n{problem}")
            continue
        path = stamp(course, page)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[page])
    if problems:
        raise ValueError("\n".join(problems))
    return Path(api.coursedir.root, api.coursedir.feedback_directory)


def states(api: "NbGraderAPI") -> dict[Page, str]:
    """Return the fingerprint of what each page depends on: the graded notebook, grades, comments."""
    found: dict[Page, list[bytes]] = {}
    folder = Path(api.coursedir.root, api.coursedir.autograded_directory)
    for path in sorted(folder.glob("*/*/*.ipynb")):
        found[path.parts[-3], path.parts[-2]] = [path.read_bytes()]
    grade, comment = rows.Grade.__table__.c, rows.Comment.__table__.c
    columns = {
        rows.Grade: (grade.auto_score, grade.manual_score, grade.extra_credit, grade.needs_manual_grade),
        rows.Comment: (comment.auto_comment, comment.manual_comment),
    }
    with api.gradebook as gradebook:
        for submission in gradebook.db.query(rows.SubmittedAssignment):
            page = submission.student_id, submission.assignment.name
            if page in found:
                found[page].append(repr(submission.late_submission_penalty).encode())
        for kind, shown in columns.items():
            query = (
                select(
                    rows.SubmittedAssignment.student_id, rows.Assignment.name, rows.BaseCell.name, *shown
                )
                .join(rows.SubmittedAssignment.assignment)
                .join(rows.SubmittedAssignment.notebooks)
                .join(kind, kind.notebook_id == rows.SubmittedNotebook.id)
                .join(kind.cell)
                .order_by(rows.BaseCell.name)
            )
            for student, step, *row in gradebook.db.execute(query):
                if (student, step) in found:
                    found[student, step].append(repr(row).encode())
    return {page: fingerprint(*parts) for page, parts in found.items()}


def written(course: Path, pages: list[Page], processes: int) -> Iterator[tuple[Page, str]]:
    """Have pages written; yield each with what was wrong, which is nothing as a rule."""
    if not processes:
        for page in track(pages, "Feedback"):
            yield page, write_page(course, page)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
        under_way = {pool.submit(write_page, course, page): page for page in pages}
        for future in track(as_completed(under_way), "Feedback", total=len(pages)):
            yield under_way[future], future.result()


@functools.cache
def opened(course: Path) -> "NbGraderAPI":
    """Open a course, once in each process."""
    return open_course(course)


def write_page(course: Path, page: Page) -> str:
    """Have nbgrader write one page; return what was wrong, or nothing."""
    student, step = page
    told = opened(course).generate_feedback(step, student)
    return "" if told["success"] else told.get("log", told.get("error", "it does not say why"))


def stamp(course: Path, page: Page) -> Path:
    """Return where it is kept what a page was made from; beside the page, so that both go together."""
    student, step = page
    return course / "feedback" / student / step / ".made-from"


def read(path: Path) -> str:
    """Return a file's text; nothing where there is none."""
    return path.read_text() if path.is_file() else ""
