"""Write nbgrader's feedback pages for students: several at a time, and only those that have changed."""

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
from autograder.workspace.files import fingerprint, write_file

if TYPE_CHECKING:
    from nbgrader.apps import NbGraderAPI


def write_feedback(course: Path, processes: int = 0) -> Path:
    """Write an HTML page for each graded submission whose page is missing or outdated.

    Args:
        course: the course folder.
        processes: how many write at a time; 0 for this process alone.

    Returns:
        the folder of the pages.

    Raises:
        ValueError: if nbgrader could not write some pages; it is raised after all others are written.
    """
    api = open_course(course)
    fingerprints = page_fingerprints(api)
    pages = [
        page
        for page, current in fingerprints.items()
        if read_text(fingerprint_path(course, page)) != current
    ]
    problems = []
    for page, problem in write_pages(course, pages, processes):
        if problem:
            problems.append(f"nbgrader could not write the page of {' in '.join(page)}:\n{problem}")
            continue
        path = fingerprint_path(course, page)
        write_file(path, fingerprints[page].encode())
    if problems:
        raise ValueError("\n".join(problems))
    return Path(api.coursedir.root, api.coursedir.feedback_directory)


def page_fingerprints(api: "NbGraderAPI") -> dict[Submission, str]:
    """Return a fingerprint of what each page depends on: the graded notebook, grades, comments."""
    with api.gradebook as gradebook:
        submissions = read_gradebook(gradebook).submissions
    folder = Path(api.coursedir.root, api.coursedir.autograded_directory)
    fingerprints = {}
    for path in sorted(folder.glob("*/*/*.ipynb")):
        page = path.parts[-3], path.parts[-2]
        shown = repr(shown_grades(submissions[page])) if page in submissions else ""
        fingerprints[page] = fingerprint(path.read_bytes(), shown.encode())
    return fingerprints


def shown_grades(row: SubmissionRow) -> tuple:
    """Return the grades and comments of a submission that its page shows."""
    return row.penalty, [*map(astuple, row.grades)], [*map(astuple, row.comments)]


def write_pages(
    course: Path, pages: list[Submission], processes: int
) -> Iterator[tuple[Submission, str]]:
    """Write pages; yield each with nbgrader's error message, which is empty as a rule."""
    if not processes:
        for page in track(pages, "Feedback"):
            yield page, write_page(course, page)
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
        page_by_future = {pool.submit(write_page, course, page): page for page in pages}
        for future in track(as_completed(page_by_future), "Feedback", total=len(pages)):
            yield page_by_future[future], future.result()


@functools.cache
def open_once(course: Path) -> "NbGraderAPI":
    """Open nbgrader on a course, once in each process."""
    return open_course(course)


def write_page(course: Path, page: Submission) -> str:
    """Let nbgrader write one page; return its error message, which is empty as a rule."""
    student, step = page
    result = open_once(course).generate_feedback(step, student)
    return "" if result["success"] else result.get("log", result.get("error", "it does not say why"))


def fingerprint_path(course: Path, page: Submission) -> Path:
    """Return the path of a page's fingerprint, beside the page, so that both are deleted together."""
    student, step = page
    return course / "feedback" / student / step / ".made-from"


def read_text(path: Path) -> str:
    """Return the text of a file; empty if there is none."""
    return path.read_text() if path.is_file() else ""
