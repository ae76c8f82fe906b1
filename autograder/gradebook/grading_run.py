"""One run of grading: what is still to be graded, what a judge needs for it, and what is written down."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from autograder.gradebook.notebooks import CourseNotebooks
from autograder.gradebook.preprocessors import WriteVerdicts, forget_scores
from autograder.gradebook.record import GradingRecord, answers_of, read_record, traces_of
from autograder.gradebook.scoring import complete
from autograder.gradebook.writer import GradedNotebook, Writer
from autograder.judging.cache import MODEL, VerdictCache, companions, read_files
from autograder.judging.course_version import course_version
from autograder.judging.job import Job
from autograder.judging.verdict import Verdicts
from autograder.submissions.notebook_json import UnreadableFile, parse_notebook
from autograder.submissions.rebuild import Notebook
from autograder.workspace.course import has_own_preprocessors
from autograder.workspace.secret_seed import secret_seed

if TYPE_CHECKING:
    from nbgrader.apps import NbGraderAPI

NOT_JUDGED = "could not be judged, so a person must look; the next run tries again."


@dataclass(frozen=True, order=True)
class GradedStep:
    """How grading one submission of one step went; `problem` is empty where it went well."""

    student: str
    step: str
    problem: str = ""


@dataclass
class Submission:
    """What one student submitted, read once: grading is about this, whatever changes meanwhile.

    Args:
        student: whose it is.
        files: the notebooks and the model, by their place in the folder.
        keys: of the steps that are to be graded; empty where there is no notebook in a step's folder.
        rebuilt: those notebooks on the release, where they can be read.
    """

    student: str
    files: dict[str, bytes]
    keys: dict[str, str]
    rebuilt: dict[str, NotebookNode] = field(default_factory=dict)

    def model(self, step: str) -> bytes | None:
        """Return the trained model that was submitted with a step."""
        return self.files.get(f"{step}/{MODEL}")


class GradingRun:
    """What grading one course takes: its notebooks, its verdicts, the writer of its gradebook."""

    def __init__(self, api: "NbGraderAPI", writer: Writer):
        self.api, self.writer, self.root = api, writer, Path(api.coursedir.root)
        self.notebooks = CourseNotebooks(api)
        self.cache = VerdictCache(self.root, WriteVerdicts(parent=api).judge, secret_seed(self.root))
        self.by_nbgrader = has_own_preprocessors(self.root)
        self.recorded = writer.read().submissions

    def read(self, student: str, steps: Iterable[str]) -> Submission:
        """Read what a student submitted; its keys are those of steps not graded yet as they are now."""
        files = read_files(self.notebooks.submitted(student))
        keys = {
            step: self.cache.key(step, files) if f"{step}/{step}.ipynb" in files else "" for step in steps
        }
        to_do = {step: key for step, key in keys.items() if not self.is_done(student, step, key)}
        return Submission(student, files, to_do)

    def is_done(self, student: str, step: str, key: str) -> bool:
        """Say whether the gradebook has what would be written now; what came late is always written."""
        record, row = read_record(self.root, student, step), self.recorded.get((student, step))
        if not key or record.key != key or row is None or row.penalty is not None or row.seconds_late > 0:
            return False
        in_time = self.notebooks.time_of(student, step) in (None, row.timestamp)
        page = self.notebooks.autograded(student, step) / f"{step}.ipynb"
        return in_time and row.scores == record.scores and page.is_file()

    def job(self, submission: Submission) -> Job | None:
        """Return what a judge needs for the steps without verdicts; None where there are none.

        Left out is what cannot be read: nbgrader will come upon it when the submission is written.
        """
        unknown = [step for step, key in submission.keys.items() if key and not self.cache.has(key)]
        parsed = {place: parse(content) for place, content in submission.files.items()}
        files: dict[str, bytes] = {}
        cells: dict[str, list[dict]] = {}
        for step in unknown:
            notebook = parsed[f"{step}/{step}.ipynb"]
            try:
                nb = self.notebooks.rebuilt(notebook, step) if notebook is not None else None
            except Exception:  # whatever it is, it costs this notebook alone
                nb = None
            if nb is None:
                continue
            submission.rebuilt[step] = nb
            cells[step] = [bare(cell) for cell in nb.cells if cell.cell_type == "code"]
            for place, content in companions(step, submission.files).items():
                notebook = parsed[place]
                files[place] = content if notebook is None else without_outputs(notebook)
        if not unknown:
            return None
        return Job(submission.student, self.cache.judge, self.cache.seed, course_version(), cells, files)

    def write(self, submission: Submission, verdicts: dict[str, Verdicts | None]) -> list[GradedStep]:
        """Keep what the judge found on a student's steps, then write each step that is to be graded."""
        for step, found in verdicts.items():
            self.cache.keep(submission.keys[step], step, found)
        return [self.write_step(submission, step) for step in submission.keys]

    def write_step(self, submission: Submission, step: str) -> GradedStep:
        """Write gradebook, notebook and record; killed in between, the next run does it again."""
        student = submission.student
        if self.by_nbgrader:
            return self.ask_nbgrader(student, step)
        key = submission.keys[step]
        known = self.cache.find(key) if key else None
        try:
            nb = submission.rebuilt.pop(step, None)
            if nb is None:
                nb = self.notebooks.rebuilt(
                    parse_notebook(submission.files[f"{step}/{step}.ipynb"]), step
                )
            verdicts = complete(nb, known or {})
            nb = self.notebooks.with_outputs(nb, verdicts)
        except Exception:  # whatever it is, nbgrader can say what it makes of it
            return self.ask_nbgrader(student, step)
        model = submission.model(step)
        answers, before = answers_of(nb, model), read_record(self.root, student, step).answers
        changed = {name for name, answer in answers.items() if before.get(name) != answer}
        time = self.notebooks.time_of(student, step)
        scores = self.writer.record(GradedNotebook(student, step, nb, verdicts, changed, time))
        self.notebooks.write_autograded(student, step, nb)
        record = GradingRecord(
            "" if known is None else key, verdicts, answers, scores, traces_of(nb, model)
        )
        record.write(self.root, student, step)
        return GradedStep(student, step, NOT_JUDGED if known is None else "")

    def ask_nbgrader(self, student: str, step: str) -> GradedStep:
        """Have nbgrader grade a submission; where it cannot, scores, verdicts and page are removed."""
        result = self.api.autograde(step, student)
        if "KeyboardInterrupt" in result.get("error", ""):
            raise KeyboardInterrupt  # nbgrader's API swallows it
        problem = "" if result["success"] else result.get("log", result.get("error", "")).strip()
        if problem:
            forget_scores(self.api.coursedir.db_url, step, student)
            answers = read_record(self.root, student, step).answers
            GradingRecord(answers=answers).write(self.root, student, step)
            shutil.rmtree(self.root / "feedback" / student / step, ignore_errors=True)
        return GradedStep(student, step, problem)


def parse(content: bytes) -> Notebook | None:
    """Parse a notebook file; None where it is another file, or damaged."""
    try:
        return parse_notebook(content)
    except UnreadableFile:
        return None


def bare(cell: NotebookNode) -> dict:
    """Return a code cell without its outputs, as plain data."""
    return json.loads(json.dumps({name: cell[name] for name in ("cell_type", "source", "metadata")}))


def without_outputs(notebook: Notebook) -> bytes:
    """Return a notebook's content without its outputs."""
    cells = [
        {name: value for name, value in cell.items() if name != "outputs"} for cell in notebook["cells"]
    ]
    return json.dumps(notebook | {"cells": cells}).encode()
