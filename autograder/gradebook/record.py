"""The record of one graded submission, stored beside the gradebook: verdicts, scores, fingerprints.

It shows a later run whether an answer has changed since a person graded it, and the class report which
students gave the same answers.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.utils import compute_checksum, is_grade

from autograder.gradebook.cells import exercise_of, grade_id
from autograder.judging.verdict import Verdicts, verdicts_from_json, verdicts_to_json
from autograder.workspace.files import fingerprint, read_json, write_json
from autograder.workspace.paths import grading_record_path
from detrlab.checkpoint import NAME as MODEL

LEAST_TEXT = 60  # characters of a written answer that are hardly equal by chance
MODEL_TRACE = f"weights_{Path(MODEL).stem}"  # of the trained model, whose likeness is more than equality


@dataclass(frozen=True)
class GradingRecord:
    """The record of a graded submission; empty if it has not been graded.

    Attributes:
        key: the cache key of the verdicts (judging/cache.py); empty if the judge failed.
        verdicts: by exercise.
        answers: a fingerprint of what each graded cell depends on, by grade_id.
        scores: the automatic scores in the gradebook, by grade_id.
        traces: a fingerprint of each answer that is long enough to identify its author, by grade_id.
    """

    key: str = ""
    verdicts: Verdicts = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    scores: dict[str, float | None] = field(default_factory=dict)
    traces: dict[str, str] = field(default_factory=dict)

    def write(self, course: Path, student: str, step: str) -> None:
        """Write the record to the course folder."""
        content = {"key": self.key, "verdicts": verdicts_to_json(self.verdicts), "answers": self.answers}
        content |= {"scores": self.scores, "traces": self.traces}
        write_json(grading_record_path(course, student, step), content)


def read_record(course: Path, student: str, step: str) -> GradingRecord:
    """Read the record of a submission; return an empty one if there is none."""
    data = read_json(grading_record_path(course, student, step))
    names = ("key", "answers", "scores", "traces")
    verdicts = verdicts_from_json(data.get("verdicts", {}))
    return GradingRecord(verdicts=verdicts, **{name: data[name] for name in names if name in data})


def answers_of(nb: NotebookNode, model: bytes | None) -> dict[str, str]:
    """Return a fingerprint of what each graded cell depends on, by grade_id; it changes with the answer.

    A written answer depends on its text. A check depends on all code but the answers to other exercises;
    that of the trained model depends on the file, too.

    Args:
        nb: the rebuilt notebook.
        model: the content of the trained model that was submitted with it.
    """
    fingerprints = {}
    for cell in filter(is_grade, nb.cells):
        exercise = exercise_of(grade_id(cell))
        parts = [cell.source] if cell.cell_type != "code" else code_of(nb, exercise)
        graded = [text.strip().encode() for text in parts]
        if model is not None and exercise == Path(MODEL).stem:
            graded.append(model)
        fingerprints[grade_id(cell)] = fingerprint(*graded)[:16]
    return fingerprints


def code_of(nb: NotebookNode, exercise: str) -> list[str]:
    """Return the code that an exercise depends on: all cells but the answers to other exercises."""
    todo = f"todo_{exercise}"
    code = [(grade_id(cell), cell.source) for cell in nb.cells if cell.cell_type == "code"]
    return [source for name, source in code if name == todo or not name.startswith("todo_")]


def traces_of(nb: NotebookNode, model: bytes | None, verdicts: Verdicts) -> dict[str, str]:
    """Return a fingerprint of each answer that is long enough to identify its author, by grade_id.

    Those of code are the judge's: nothing is parsed here. Untouched answers have none.

    Args:
        nb: the rebuilt notebook.
        model: the content of the trained model that was submitted with it.
        verdicts: by exercise.
    """
    fingerprints = {f"todo_{name}": verdict.trace for name, verdict in verdicts.items() if verdict.trace}
    for cell in nb.cells:
        if grade_id(cell).startswith("written_") and not is_untouched(cell):
            text = " ".join(cell.source.split())
            if len(text) >= LEAST_TEXT:
                fingerprints[grade_id(cell)] = hashlib.sha256(text.encode()).hexdigest()[:16]
    if model is not None:
        fingerprints[MODEL_TRACE] = fingerprint(model)
    return fingerprints


def is_untouched(cell: NotebookNode) -> bool:
    """Return whether an answer is as released."""
    return cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
