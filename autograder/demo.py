"""Show an instructor's main task on a made-up class: collecting, grading, feedback.

The demo has a course folder of its own, autograder/course/demo, which each run replaces; the instructor's
course folder is never changed.
"""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from autograder.authoring.known_answers import alternatives, slips
from autograder.authoring.release import make_release
from autograder.authoring.sources import code_cells, read_source
from autograder.gradebook.grade import grade
from autograder.reports.class_report import write_class_report
from autograder.reports.console import results_table
from autograder.reports.feedback import write_feedback
from autograder.reports.results import read_results, write_scores
from autograder.submissions.intake import collect
from autograder.submissions.notebook_json import parse_notebook
from autograder.submissions.rebuild import Notebook, grade_id
from detrlab.cells.cell import Cell
from detrlab.checkpoint import NAME, SHIPPED, TRAINED_IN

MARKER = "made-by-make-demo.txt"  # the file that identifies a course folder as the demo's
Answers = dict[str, str]  # sources of cells, by grade_id


def demo(course: Path, processes: int = 0) -> Path:
    """Make up a class, grade it and print the results.

    Args:
        course: the demo's course folder, which is replaced.
        processes: how many judge at a time; 0 for this process alone.

    Returns:
        the course folder.

    Raises:
        FileExistsError: if the folder is not from a demo.
        SandboxUnavailable: if submissions cannot be sandboxed.
    """
    console = Console()
    start_afresh(course)
    with console.status("Building the release from solutions/ ..."):
        releases = make_release(course)
    inbox = submit(course / "inbox", releases)
    console.print(f"{len(list(inbox.iterdir()))} students have handed in: {inbox}")
    lines = [f"  {r.student}: {r.file} {r.reason}" for r in collect(inbox, course) if r.needs_review]
    graded = grade(course, processes=processes)
    lines += [f"  {step.student}, {step.step}: {step.problem}" for step in graded if step.problem]
    console.print(*lines, sep="\n", soft_wrap=True, highlight=False, markup=False)
    results = read_results(course)
    lines = [
        f"Feedback pages, one for each student and step: {write_feedback(course, processes)}",
        f"Scores: {write_scores(results)}",
        f"Report on the class, for a browser: {write_class_report(results)}",
        "Written answers wait for a person, in formgrader (Nbgrader > Formgrader). Start it here with:",
        f"  make formgrader DETR_COURSE={course}",
    ]
    lines += [results.sandbox_warning] if results.sandbox_warning else []
    console.print(results_table(results.results))
    console.print(*lines, sep="\n", soft_wrap=True, highlight=False, markup=False)
    return course


def start_afresh(course: Path) -> None:
    """Replace the course folder of an earlier demo by an empty one.

    Raises:
        FileExistsError: if the folder is not from a demo.
    """
    if course.exists() and any(course.iterdir()) and not (course / MARKER).is_file():
        raise FileExistsError(f"{course} was not made by the demo. Move it away first.")
    shutil.rmtree(course, ignore_errors=True)
    course.mkdir(parents=True)
    (course / MARKER).write_text("The next `make demo` deletes this folder and makes it anew.\n")


def submit(inbox: Path, releases: Path) -> Path:
    """Fill an inbox with right, untouched and wrong answers, a zip and damaged files; return it."""
    pristine = {
        path.stem: parse_notebook(path.read_bytes()) for path in sorted(releases.glob("*/*.ipynb"))
    }

    def write_notebooks(student: str, answers: Callable[[str], Answers]) -> None:
        for step, release in pristine.items():
            path = inbox / student / f"{step}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(fill(release, answers(step)), ensure_ascii=False, indent=1)
            path.write_text(text, encoding="utf-8")

    write_notebooks("ada", lambda step: solution(step) | written(step))
    write_notebooks("blank", lambda step: {})
    write_notebooks("alt", lambda step: solution(step) | other_answers(step))
    if SHIPPED.is_file() and TRAINED_IN in pristine:
        shutil.copy(SHIPPED, inbox / "ada")
        (inbox / "alt" / NAME).write_bytes(SHIPPED.read_bytes()[:-100])
    write_notebooks("bea", lambda step: slipped(step, 0.0) | written(step))
    write_notebooks("carl", lambda step: slipped(step, 0.4) | written(step))
    write_notebooks("dora", lambda step: slipped(step, 0.8) | written(step))
    pack(inbox / "dora")
    write_notebooks("cut", solution)
    first = min((inbox / "cut").iterdir())
    first.write_bytes(first.read_bytes()[:-300])
    return inbox


def fill(release: Notebook, answers: Answers) -> Notebook:
    """Return a released notebook with answers in its cells."""
    cells = [cell | {"source": answers.get(grade_id(cell), cell["source"])} for cell in release["cells"]]
    return release | {"cells": cells}


def solution(step: str) -> Answers:
    """Return the solution of each TODO of a step, as a learner would write it."""
    return todos(code_cells(step))


def todos(cells: list[Cell]) -> Answers:
    """Return the source of each TODO among the cells, without nbgrader's markers."""
    return {f"todo_{cell.name}": without_markers(cell.source) for cell in cells if cell.role == "todo"}


def without_markers(source: str) -> str:
    """Remove the lines that mark for nbgrader where a solution begins and ends."""
    lines = source.split("\n")
    return "\n".join(line for line in lines if not line.strip().endswith(" SOLUTION"))


def other_answers(step: str) -> Answers:
    """Return an alternative answer for each TODO that has any."""
    return {f"todo_{name}": source for _, name, source in alternatives(step)}


def slipped(step: str, place: float) -> Answers:
    """Return a step's solution with one known slip, chosen by its relative place (0 to 1) in the list."""
    known = slips(step)
    cells = code_cells(step)
    return todos(known[int(place * len(known))].apply(cells) if known else cells)


def written(step: str) -> Answers:
    """Return a text for each written answer, for a person to grade."""
    names = [grade_id(cell) for cell in read_source(step).cells]
    return {name: "In my own words: ..." for name in names if name.startswith("written_")}


def pack(folder: Path) -> None:
    """Replace a student's folder by a zip, as a learning platform delivers it."""
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"week1/{path.name}")
    shutil.rmtree(folder)
