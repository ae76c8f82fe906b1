"""One grading run: find what has to be graded, prepare it for the judge, write the results."""

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
from autograder.gradebook.scoring import with_missing_verdicts
from autograder.gradebook.writer import GradedNotebook, Writer
from autograder.judging.cache import MODEL, VerdictCache, companions, is_trusted, read_files
from autograder.judging.course_version import course_version
from autograder.judging.job import Job, judged_part
from autograder.judging.verdict import Verdicts
from autograder.submissions.notebook_json import UnreadableFile, parse_notebook
from autograder.submissions.rebuild import Notebook
from autograder.workspace.course import has_own_preprocessors
from autograder.workspace.files import LINKED, link_in
from autograder.workspace.secret_seed import secret_seed

if TYPE_CHECKING:
    from nbgrader.apps import NbGraderAPI

NOT_JUDGED = "could not be judged, so a person must look; the next run tries again."


@dataclass(frozen=True, order=True)
class GradedStep:
    """The result of grading one student's submission of a step; `problem` is empty if all went well."""

    student: str
    step: str
    problem: str = ""


@dataclass
class Submission:
    """One student's submission, read once, so that changes to the files during the run have no effect.

    Attributes:
        student: the student's id.
        files: the notebooks and the trained model, by their path in nbgrader's layout.
        keys: the cache keys of the steps to grade; empty for a step without a notebook.
        rebuilt: the notebooks of those steps, rebuilt on the release, if they can be read.
    """

    student: str
    files: dict[str, bytes]
    keys: dict[str, str]
    rebuilt: dict[str, NotebookNode] = field(default_factory=dict)

    def model(self, step: str) -> bytes | None:
        """Return the trained model that was submitted with a step."""
        return self.files.get(f"{step}/{MODEL}")


class GradingRun:
    """A run over one course, with its notebooks, its verdicts and the writer of its gradebook."""

    def __init__(self, api: "NbGraderAPI", writer: Writer):
        self.api, self.writer, self.root = api, writer, Path(api.coursedir.root)
        self.notebooks = CourseNotebooks(api)
        self.cache = VerdictCache(self.root, WriteVerdicts(parent=api).judge, secret_seed(self.root))
        self.uses_nbgrader = has_own_preprocessors(self.root)
        self.recorded = writer.read().submissions

    def read(self, student: str, steps: Iterable[str]) -> Submission:
        """Read a student's submission; its keys are those of the steps that have to be graded."""
        files = read_files(self.notebooks.submitted_folder(student))
        keys = {
            step: self.cache.key(step, files) if f"{step}/{step}.ipynb" in files else "" for step in steps
        }
        due = {step: key for step, key in keys.items() if not self.is_up_to_date(student, step, key)}
        return Submission(student, files, due)

    def is_up_to_date(self, student: str, step: str, key: str) -> bool:
        """Return whether the gradebook is up to date; late submissions are always written again."""
        record, row = read_record(self.root, student, step), self.recorded.get((student, step))
        if not key or record.key != key or row is None or row.penalty is not None or row.seconds_late > 0:
            return False
        if not is_trusted(record.verdicts):
            return False
        same_time = self.notebooks.timestamp_of(student, step) in (None, row.timestamp)
        notebook = self.notebooks.autograded_folder(student, step) / f"{step}.ipynb"
        return same_time and row.scores == record.scores and notebook.is_file()

    def job(self, submission: Submission) -> Job | None:
        """Return the job of judging the steps without verdicts; None if all have verdicts.

        Notebooks that cannot be read are left out; nbgrader reports them when the submission is written.
        """
        unknown = [step for step, key in submission.keys.items() if key and self.cache.find(key) is None]
        parsed = {path: parse_or_none(content) for path, content in submission.files.items()}
        files: dict[str, bytes] = {}
        notebooks: dict[str, Notebook] = {}
        for step in unknown:
            notebook = parsed[f"{step}/{step}.ipynb"]
            try:
                rebuilt = self.notebooks.rebuild(notebook, step) if notebook is not None else None
            except Exception:  # no notebook may stop the others
                rebuilt = None
            if rebuilt is None:
                continue
            submission.rebuilt[step] = rebuilt
            notebooks[step] = judged_part(rebuilt)
            for path, content in companions(step, submission.files).items():
                notebook = parsed[path]
                files[path] = content if notebook is None else code_alone(notebook)
        if not unknown:
            return None
        return Job(
            submission.student, self.cache.judge, self.cache.seed, course_version(), notebooks, files
        )

    def write(self, submission: Submission, verdicts: dict[str, Verdicts | None]) -> list[GradedStep]:
        """Store the verdicts on a student's steps, then write each step that has to be graded."""
        for step, verdicts_on_step in verdicts.items():
            self.cache.keep(submission.keys[step], step, verdicts_on_step)
        return [self.write_step(submission, step) for step in submission.keys]

    def write_step(self, submission: Submission, step: str) -> GradedStep:
        """Write gradebook, notebook and record; the record is last, so that a killed run is repeated."""
        student = submission.student
        if link := link_in(self.notebooks.submitted_folder(student, step), self.notebooks.submitted):
            return self.refuse(student, step, LINKED.format(link=link.relative_to(self.root)))
        if self.uses_nbgrader:
            return self.ask_nbgrader(student, step)
        key = submission.keys[step]
        cached = self.cache.find(key) if key else None
        try:
            nb = submission.rebuilt.pop(step, None)
            if nb is None:
                submitted = parse_notebook(submission.files[f"{step}/{step}.ipynb"])
                nb = self.notebooks.rebuild(submitted, step)
            verdicts = with_missing_verdicts(nb, cached or {})
            nb = self.notebooks.with_outputs(nb, verdicts)
        except UnreadableFile as reason:  # nbgrader would read it without limits
            return self.refuse(student, step, f"{step}.ipynb {reason}.")
        except Exception:  # nbgrader reports what is wrong with the notebook
            return self.ask_nbgrader(student, step)
        model = submission.model(step)
        answers, earlier_answers = answers_of(nb, model), read_record(self.root, student, step).answers
        changed = {name for name, answer in answers.items() if earlier_answers.get(name) != answer}
        time = self.notebooks.timestamp_of(student, step)
        scores = self.writer.record(GradedNotebook(student, step, nb, verdicts, changed, time))
        self.notebooks.write_autograded(student, step, nb)
        record = GradingRecord(
            "" if cached is None else key, verdicts, answers, scores, traces_of(nb, model, verdicts)
        )
        record.write(self.root, student, step)
        return GradedStep(student, step, NOT_JUDGED if cached is None else "")

    def ask_nbgrader(self, student: str, step: str) -> GradedStep:
        """Let nbgrader grade a submission.

        Raises:
            KeyboardInterrupt: if the user stops nbgrader.
        """
        result = self.api.autograde(step, student)
        if "KeyboardInterrupt" in result.get("error", ""):
            raise KeyboardInterrupt  # nbgrader's API catches it
        if result["success"]:
            return GradedStep(student, step)
        return self.refuse(student, step, result.get("log", result.get("error", "")).strip())

    def refuse(self, student: str, step: str, problem: str) -> GradedStep:
        """Remove scores, verdicts and feedback page of a submission that cannot be graded."""
        forget_scores(self.api.coursedir.db_url, step, student)
        answers = read_record(self.root, student, step).answers
        GradingRecord(answers=answers).write(self.root, student, step)
        for folder in ("feedback", "autograded"):
            shutil.rmtree(self.root / folder / student / step, ignore_errors=True)
        return GradedStep(student, step, problem)


def parse_or_none(content: bytes) -> Notebook | None:
    """Parse a notebook file; return None for a damaged or another file."""
    try:
        return parse_notebook(content)
    except UnreadableFile:
        return None


def code_alone(notebook: Notebook) -> bytes:
    """Return the bytes of a notebook file with the code of another, and nothing else."""
    names = ("cell_type", "source", "metadata")
    code = [cell for cell in notebook["cells"] if cell.get("cell_type") == "code"]
    cells = [{name: cell[name] for name in names if name in cell} for cell in code]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()
