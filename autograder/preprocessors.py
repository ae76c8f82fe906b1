"""What nbgrader does with each notebook of ours, where it would run student code (nbgrader_config.py).

`Rebuild` puts each submission on the pristine release, `WriteVerdicts` writes what the judge says as the
outputs of the graded cells, nbgrader's SaveAutoGrades turns these into scores, and `KeepManualGrades`
sees to it that what a person graded stays graded.
"""

import hashlib
import importlib
import math
import re
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

import nbformat
from nbformat import NotebookNode, v4
from nbgrader.api import Gradebook, MissingEntry, SubmittedNotebook
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade
from traitlets import Unicode

from autograder.box import Box
from autograder.pages import course_of, grade_id, read_step
from autograder.rebuild import rebuild
from autograder.records import read_json, verdicts_path, write_json

CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")
NEEDS_PERSON = "✗ This question could not be graded automatically; a person will look at it."


class Rebuild(NbGraderPreprocessor):
    """Rebuild the submission on the release, whichever way it came in: intake, collect, by hand."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Return the rebuilt notebook."""
        course = course_of(self)
        release = read_step(course, course.release_directory, resources["nbgrader"]["assignment"])
        return nbformat.from_dict(rebuild(nb, release)), resources


class WriteVerdicts(NbGraderPreprocessor):
    """Write each graded code cell's verdict as its output: nbgrader scores outputs, and only these."""

    judge = Unicode(
        "autograder.verdict.judge", help="Dotted name of the function that judges a notebook."
    ).tag(config=True)

    box: ClassVar[Box | None] = None  # shared while `grade` runs; else each notebook starts its own

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Judge the notebook once and write the verdicts; also to the course's verdicts folder."""
        ids = resources["nbgrader"]
        ids["before"] = forget_scores(ids["db_url"], ids["assignment"], ids["student"])
        path = verdicts_path(Path(course_of(self).root), ids["student"], ids["assignment"])
        ids["answers_before"] = read_json(path).get("answers", {})
        course = course_of(self)
        folder = Path(course.root, course.submitted_directory, ids["student"])
        verdicts = self.verdicts(ids["assignment"], nb, folder)
        for cell in nb.cells:
            if is_grade(cell) and cell.cell_type == "code":
                name = grade_id(cell).removeprefix("tests_")
                write_output(cell, verdicts.setdefault(name, nobody_judged()))
        ids["answers"] = {grade_id(c): digest(c) for c in nb.cells if is_grade(c)}
        ids["in_doubt"] = [name for name, verdict in verdicts.items() if verdict.get("needs_person")]
        write_json(path, {"verdicts": verdicts, "answers": ids["answers"]})
        return nb, resources

    def verdicts(self, step: str, nb: NotebookNode, folder: Path) -> dict[str, dict]:
        """Ask the judge. Where it fails, every question of this notebook waits for a person."""
        module, _, function = self.judge.rpartition(".")
        try:
            judge = getattr(importlib.import_module(module), function)
            cells = [cell for cell in nb.cells if cell.cell_type == "code"]
            judged = judge(step, cells, self.box, folder=folder)
            return {name: plain(asdict(verdict)) for name, verdict in judged.items()}
        except (Exception, SystemExit):
            # One submission that breaks the judge must not stop the class.
            self.log.exception("The judge failed on a notebook of step %s.", step)
            return {}


class KeepManualGrades(NbGraderPreprocessor):
    """Keep what a person graded as graded, as long as what they graded is still the same.

    SaveAutoGrades asks for a second look at every manual grade after every regrade.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Correct the "needs manual grade" marks that SaveAutoGrades has set."""
        ids = resources["nbgrader"]
        with Gradebook(ids["db_url"]) as gradebook:
            notebook = gradebook.find_submission_notebook(
                ids["notebook"], ids["assignment"], ids["student"]
            )
            for grade in notebook.grades:
                was = ids["before"].get(grade.name, {})
                same_answer = ids["answers"].get(grade.name) == ids["answers_before"].get(grade.name)
                same_score = grade.cell_type != "code" or grade.auto_score == was.get("auto_score")
                if grade.name.removeprefix("tests_") in ids["in_doubt"]:
                    grade.needs_manual_grade = grade.manual_score is None
                elif was.get("settled") and same_answer and same_score:
                    grade.needs_manual_grade = False
            gradebook.db.commit()
        return nb, resources


def forget_scores(db_url: str, step: str, student: str) -> dict[str, dict]:
    """Take back the automatic scores of a submission; return what they and the manual marks were.

    A submission that cannot be graded this time must not keep the score of last time.
    """
    with Gradebook(db_url) as gradebook:
        try:
            notebook: SubmittedNotebook = gradebook.find_submission_notebook(step, step, student)
        except MissingEntry:
            return {}
        before = {}
        for grade in notebook.grades:
            settled = grade.manual_score is not None and not grade.needs_manual_grade
            before[grade.name] = {"auto_score": grade.auto_score, "settled": settled}
            grade.auto_score = None
            grade.needs_manual_grade = True
        gradebook.db.commit()
        return before


def write_output(cell: NotebookNode, verdict: dict) -> None:
    """Put a verdict into a cell as nbgrader reads it: never empty, never on stderr, a float in range."""
    score = round(float(cell.metadata.nbgrader.points) * verdict["credit"], 4)
    cell.outputs = [
        v4.new_output("stream", name="stdout", text=f"{verdict['sentence']}\n"),
        v4.new_output("execute_result", data={"text/plain": repr(score)}),
    ]


def plain(verdict: dict) -> dict:
    """Return a verdict fit for pages and terminals: no control characters, credit from 0 to 1."""
    credit = float(verdict["credit"])
    credit = min(max(credit, 0.0), 1.0) if math.isfinite(credit) else 0.0
    sentence = CONTROL.sub("", str(verdict["sentence"]))[:4000]
    return {"state": str(verdict["state"]), "sentence": sentence, "credit": credit}


def nobody_judged() -> dict:
    """Return the verdict on a question that the judge gave none for."""
    return {"state": "ended", "sentence": NEEDS_PERSON, "credit": 0.0, "needs_person": True}


def digest(cell: NotebookNode) -> str:
    """Return a short fingerprint of a cell's text, to see whether an answer has changed."""
    return hashlib.sha256(cell.source.strip().encode()).hexdigest()[:16]
