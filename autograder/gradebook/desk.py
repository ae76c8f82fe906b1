"""The grader's desk: what is still to do, what a judge needs for it, and what is written down of it."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from autograder.gradebook import marks
from autograder.gradebook.gradebook import Writer
from autograder.gradebook.handed_in import Notebooks
from autograder.gradebook.preprocessors import WriteVerdicts, forget_scores
from autograder.judging.keys import Rules, Verdicts, course_version, secret_seed
from autograder.judging.tasks import Task
from autograder.submissions.inbox import MODEL
from autograder.submissions.notebook_file import Unreadable, parse_notebook
from autograder.workspace.records import read_json, verdicts_path, write_json
from autograder.workspace.settings import has_own_preprocessors

if TYPE_CHECKING:
    from nbgrader.apps import NbGraderAPI


@dataclass(frozen=True, order=True)
class Graded:
    """How grading one submission of one step went; `problem` is empty where it went well."""

    student: str
    step: str
    problem: str = ""


NOT_JUDGED = "could not be judged, so a person must look; the next run tries again."
Keys = dict[str, str]  # by step, of what one student handed in; see keys.py


class Desk:
    """What grading one course takes: its notebooks, its rules, the writer of its gradebook."""

    def __init__(self, api: "NbGraderAPI", writer: Writer):
        self.api, self.writer, self.root = api, writer, Path(api.coursedir.root)
        self.notebooks = Notebooks(api)
        self.rules = Rules(self.root, WriteVerdicts(parent=api).judge, secret_seed(self.root))
        self.by_nbgrader = has_own_preprocessors(self.root)
        self.recorded = writer.recorded()
        self.prepared: dict[tuple[str, str], NotebookNode] = {}

    def find_todo(self, student: str, steps: list[str]) -> Keys:
        """Return the keys of those steps that are not graded yet as they were handed in."""
        folder = self.notebooks.submitted(student)
        keys = {}
        for step in steps:
            try:
                keys[step] = self.rules.key(step, folder)
            except OSError:  # a folder without its notebook, as nbgrader will say
                keys[step] = ""
        return {step: key for step, key in keys.items() if not self.is_done(student, step, key)}

    def is_done(self, student: str, step: str, key: str) -> bool:
        """Say whether the gradebook has what would be written now; what came late is always written."""
        note, row = read_json(verdicts_path(self.root, student, step)), self.recorded.get((student, step))
        if not key or note.get("key") != key or row is None or row.late:
            return False
        in_time = self.notebooks.time_of(student, step) in (None, row.timestamp)
        page = self.notebooks.autograded(student, step) / f"{step}.ipynb"
        return in_time and row.scores == note.get("scores") and page.is_file()

    def unknown(self, keys: Keys) -> Keys:
        """Return the steps on which there are no verdicts yet, with their keys."""
        return {step: key for step, key in keys.items() if key and self.rules.known(key) is None}

    def task(self, student: str, keys: Keys) -> Task:
        """Return what a judge needs for a student's steps.

        Left out are those that cannot be read, and those that are no longer what their key stands for.
        """
        cells: dict[str, list[dict]] = {}
        files: dict[str, bytes] = {}
        folder = self.notebooks.submitted(student)
        for step, key in keys.items():
            try:
                nb, own = self.notebooks.rebuilt(student, step), self.rules.files(step, folder)
                if self.rules.key(step, folder) != key:
                    continue
            except Exception:  # whatever it is, nbgrader will come upon it when the submission is written
                continue
            self.prepared[student, step] = nb
            cells[step] = [bare(cell) for cell in nb.cells if cell.cell_type == "code"]
            files |= own
        small = {place: without_outputs(content) for place, content in files.items()}
        return Task(student, self.rules.judge, self.rules.seed, course_version(), cells, small)

    def write(self, student: str, keys: Keys, verdicts: dict[str, Verdicts | None]) -> list[Graded]:
        """Keep what the judge found on a student's steps, then write each of them."""
        for step, found in verdicts.items():
            self.rules.keep(keys[step], step, found)
        return [self.write_step(student, step, key) for step, key in keys.items()]

    def write_step(self, student: str, step: str, key: str) -> Graded:
        """Write gradebook, notebook and a note of both; killed in between, the next run does it again."""
        if self.by_nbgrader:
            return self.ask_nbgrader(student, step)
        known = self.rules.known(key)
        verdicts = known or {}
        try:
            nb = self.prepared.pop((student, step), None) or self.notebooks.rebuilt(student, step)
            nb = self.notebooks.with_outputs(nb, verdicts)
        except Exception:  # whatever it is, nbgrader can say what it makes of it
            return self.ask_nbgrader(student, step)
        path = verdicts_path(self.root, student, step)
        model = self.notebooks.submitted(student, step) / MODEL
        answers, before = marks.fingerprints(nb, model), read_json(path).get("answers", {})
        changed = {name for name, answer in answers.items() if before.get(name) != answer}
        time = self.notebooks.time_of(student, step)
        scores = self.writer.record(student, step, nb, verdicts, changed, time)
        self.notebooks.write_autograded(student, step, nb)
        write_json(path, marks.note(nb, "" if known is None else key, verdicts, scores, model))
        return Graded(student, step, NOT_JUDGED if known is None else "")

    def ask_nbgrader(self, student: str, step: str) -> Graded:
        """Have nbgrader grade a submission; where it cannot, scores, verdicts and page are taken back."""
        told = self.api.autograde(step, student)
        if "KeyboardInterrupt" in told.get("error", ""):
            raise KeyboardInterrupt  # nbgrader's API swallows it
        problem = "" if told["success"] else told.get("log", told.get("error", "")).strip()
        if problem:
            forget_scores(self.api.coursedir.db_url, step, student)
            path = verdicts_path(self.root, student, step)
            write_json(path, {"answers": read_json(path).get("answers", {})})
            shutil.rmtree(self.root / "feedback" / student / step, ignore_errors=True)
        return Graded(student, step, problem)


def bare(cell: NotebookNode) -> dict:
    """Return a code cell without its outputs, as plain data."""
    return json.loads(json.dumps({name: cell[name] for name in ("cell_type", "source", "metadata")}))


def without_outputs(content: bytes) -> bytes:
    """Return a notebook file without its outputs; another file, or a damaged one, as it is."""
    try:
        notebook = parse_notebook(content)
    except Unreadable:
        return content
    for cell in notebook["cells"]:
        cell.pop("outputs", None)
    return json.dumps(notebook).encode()
