"""The instructor's main job, shown on a made-up class: submitting, intake, grading, feedback.

Everything lies in a course of its own, autograder/course/demo, which each run makes anew. The course
folder that an instructor works in is never touched.
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
from detrlab.checkpoint import NAME, SHIPPED, TRAINED_IN
from detrlab.steps import Cell

MARK = "made-by-make-demo.txt"
Answers = dict[str, str]  # the text of cells, by grade_id


def demo(course: Path, processes: int = 0) -> Path:
    """Make a class, grade it, print what came of it; return the course folder."""
    console = Console()
    start_afresh(course)
    with console.status("Building the release from solutions/ ..."):
        releases = make_release(course)
    inbox = submit(course / "inbox", releases)
    console.print(f"{len(list(inbox.iterdir()))} students have handed in: {inbox}")
    lines = [f"  {r.student}: {r.file} {r.reason}" for r in collect(inbox, course) if r.reason]
    graded = grade(course, processes=processes)
    lines += [f"  {one.student}, {one.step}: {one.problem}" for one in graded if one.problem]
    console.print(*lines, sep="\n", soft_wrap=True, highlight=False, markup=False)
    results = read_results(course)
    lines = [
        f"Feedback pages, one for each student and step: {write_feedback(course, processes)}",
        f"Scores: {write_scores(results)}",
        f"Report on the class, for a browser: {write_class_report(results)}",
        "Written answers wait for a person, in formgrader (Nbgrader > Formgrader). Start it here with:",
        f"  make formgrader DETR_COURSE={course}",
    ]
    console.print(results_table(results.results))
    console.print(*lines, sep="\n", soft_wrap=True, highlight=False, markup=False)
    return course


def start_afresh(course: Path) -> None:
    """Remove the course of an earlier demo. FileExistsError where the folder is not from a demo."""
    if course.exists() and any(course.iterdir()) and not (course / MARK).is_file():
        raise FileExistsError(f"{course} was not made by the demo. Move it away first.")
    shutil.rmtree(course, ignore_errors=True)
    course.mkdir(parents=True)
    (course / MARK).write_text("The next `make demo` deletes this folder and makes it anew.\n")


def submit(inbox: Path, releases: Path) -> Path:
    """Fill an inbox as a class would: right, untouched and wrong answers, a zip, a damaged file."""
    pristine = {
        path.stem: parse_notebook(path.read_bytes()) for path in sorted(releases.glob("*/*.ipynb"))
    }

    def put(student: str, answers: Callable[[str], Answers]) -> None:
        for step, release in pristine.items():
            path = inbox / student / f"{step}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(fill(release, answers(step)), ensure_ascii=False, indent=1)
            path.write_text(text, encoding="utf-8")

    put("ada", lambda step: solution(step) | written(step))
    put("blank", lambda step: {})
    put("alt", lambda step: solution(step) | other_answers(step))
    if SHIPPED.is_file() and TRAINED_IN in pristine:
        shutil.copy(SHIPPED, inbox / "ada")
        (inbox / "alt" / NAME).write_bytes(SHIPPED.read_bytes()[:-100])
    put("bea", lambda step: slipped(step, 0.0) | written(step))
    put("carl", lambda step: slipped(step, 0.4) | written(step))
    put("dora", lambda step: slipped(step, 0.8) | written(step))
    pack(inbox / "dora")
    put("cut", solution)
    first = min((inbox / "cut").iterdir())
    first.write_bytes(first.read_bytes()[:-300])
    return inbox


def fill(release: Notebook, answers: Answers) -> Notebook:
    """Return a release with answers in its cells."""
    cells = [cell | {"source": answers.get(grade_id(cell), cell["source"])} for cell in release["cells"]]
    return release | {"cells": cells}


def solution(step: str) -> Answers:
    """Return the solution of each TODO of a step, as a learner would have it."""
    return todos(code_cells(step))


def todos(cells: list[Cell]) -> Answers:
    """Return the text of each TODO among the cells."""
    return {f"todo_{cell.name}": without_marks(cell.source) for cell in cells if cell.role == "todo"}


def without_marks(source: str) -> str:
    """Remove the lines that tell nbgrader where a solution begins and ends."""
    lines = source.split("\n")
    return "\n".join(line for line in lines if not line.strip().endswith(" SOLUTION"))


def other_answers(step: str) -> Answers:
    """Return one alternative for each TODO that has any."""
    return {f"todo_{name}": source for _, name, source in alternatives(step)}


def slipped(step: str, place: float) -> Answers:
    """Return a step's solution with one known slip in it: the one at this place, 0 to 1, of its list."""
    known = slips(step)
    cells = code_cells(step)
    return todos(known[int(place * len(known))].apply(cells) if known else cells)


def written(step: str) -> Answers:
    """Return something in each written answer, for a person to grade."""
    names = [grade_id(cell) for cell in read_source(step).cells]
    return {name: "In my own words: ..." for name in names if name.startswith("written_")}


def pack(folder: Path) -> None:
    """Turn a student's folder into a zip, as a learning platform delivers it."""
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"week1/{path.name}")
    shutil.rmtree(folder)
