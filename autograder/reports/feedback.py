"""Write the pages that students get: nbgrader's own, several at a time, and only where they change."""

import functools
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import track

from autograder.gradebook.queries import Submission, SubmissionRow, read_gradebook
from autograder.workspace.course import open_course
from autograder.workspace.files import fingerprint

if TYPE_CHECKING:
    from nbgrader.apps import NbGraderAPI


def write_feedback(course: Path, processes: int = 0) -> Path:
    """Write an HTML page for each graded submission that has none as it is now; return the folder.

    Args:
        course: its folder.
        processes: how many write at a time; 0 for this process alone.

    Raises:
        ValueError: at the end, naming the pages that nbgrader could not write; all others are written.
    """
    api = open_course(course)
    wanted = states(api)
    pages = [page for page, state in wanted.items() if read(stamp(course, page)) != state]
    problems = []
    for page, problem in write_pages(course, pages, processes):
        if problem:
            problems.append(f"nbgrader could not write the page of {' in '.join(page)}:\n{problem}")
            continue
        path = stamp(course, page)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[page])
    if problems:
        raise ValueError("\n".join(problems))
    return Path(api.coursedir.root, api.coursedir.feedback_directory)


def states(api: "NbGraderAPI") -> dict[Submission, str]:
    """Return the fingerprint of what each page depends on: the graded notebook, grades, comments."""
    with api.gradebook as opened:
        submissions = read_gradebook(opened).submissions
    folder = Path(api.coursedir.root, api.coursedir.autograded_directory)
    found = {}
    for path in sorted(folder.glob("*/*/*.ipynb")):
        page = path.parts[-3], path.parts[-2]
        shown = repr(what_is_shown(submissions[page])) if page in submissions else ""
        found[page] = fingerprint(path.read_bytes(), shown.encode())
    return found


def what_is_shown(row: SubmissionRow) -> tuple:
    """Return what of a submission's grades and comments stands on its page."""
    return row.penalty, [astuple(grade) for grade in row.grades], [astuple(one) for one in row.comments]


def write_pages(
    course: Path, pages: list[Submission], processes: int
) -> Iterator[tuple[Submission, str]]:
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


def write_page(course: Path, page: Submission) -> str:
    """Have nbgrader write one page; return what was wrong, or nothing."""
    student, step = page
    result = opened(course).generate_feedback(step, student)
    return "" if result["success"] else result.get("log", result.get("error", "it does not say why"))


def stamp(course: Path, page: Submission) -> Path:
    """Return where it is kept what a page was made from; beside the page, so that both go together."""
    student, step = page
    return course / "feedback" / student / step / ".made-from"


def read(path: Path) -> str:
    """Return a file's text; nothing where there is none."""
    return path.read_text() if path.is_file() else ""
