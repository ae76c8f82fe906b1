"""The record of one graded submission, kept beside the gradebook: verdicts, scores, what was graded.

By it a later run sees whether an answer has changed since a person graded it, and the class report sees
whose answers are alike.
"""

import ast
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
from detrlab.steps import STUB

LEAST_CODE, LEAST_TEXT = 200, 60  # characters of an answer that two do not write alike by chance


@dataclass(frozen=True)
class GradingRecord:
    """What is known of a graded submission; empty where it was not graded yet.

    Args:
        key: what the verdicts are about (judging/cache.py); empty where the judge failed.
        verdicts: by exercise.
        answers: a fingerprint of what each graded cell grades, by grade_id.
        scores: as the gradebook has them, by grade_id.
        traces: a fingerprint of each answer that is long enough to tell who wrote it, by grade_id.
    """

    key: str = ""
    verdicts: Verdicts = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    scores: dict[str, float | None] = field(default_factory=dict)
    traces: dict[str, str] = field(default_factory=dict)

    def write(self, course: Path, student: str, step: str) -> None:
        """Keep the record in the course's folder."""
        content = {"key": self.key, "verdicts": verdicts_to_json(self.verdicts), "answers": self.answers}
        content |= {"scores": self.scores, "traces": self.traces}
        write_json(grading_record_path(course, student, step), content)


def read_record(course: Path, student: str, step: str) -> GradingRecord:
    """Read the record of a submission; an empty one where there is none."""
    data = read_json(grading_record_path(course, student, step))
    names = ("key", "answers", "scores", "traces")
    verdicts = verdicts_from_json(data.get("verdicts", {}))
    return GradingRecord(verdicts=verdicts, **{name: data[name] for name in names if name in data})


def answers_of(nb: NotebookNode, model: bytes | None) -> dict[str, str]:
    """Return a fingerprint of what each graded cell grades, to see whether an answer has changed.

    A written answer is its own text. A check grades the notebook's code but for other exercises' cells,
    and that of the trained `model` the file too.
    """
    found = {}
    for cell in filter(is_grade, nb.cells):
        exercise = exercise_of(grade_id(cell))
        parts = [cell.source] if cell.cell_type != "code" else code_for(nb, exercise)
        graded = [text.strip().encode() for text in parts]
        if model is not None and exercise == Path(MODEL).stem:
            graded.append(model)
        found[grade_id(cell)] = fingerprint(*graded)[:16]
    return found


def code_for(nb: NotebookNode, exercise: str) -> list[str]:
    """Return the code that an exercise is graded on: all but the answers to other exercises."""
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    own = f"todo_{exercise}"
    return [c.source for c in code if grade_id(c) == own or not grade_id(c).startswith("todo_")]


def traces_of(nb: NotebookNode, model: bytes | None) -> dict[str, str]:
    """Return a fingerprint of each answer that is long enough to tell who wrote it, by grade_id.

    Comments, docstrings and layout make no difference. Answers that nobody wrote leave none.
    """
    found = {}
    for cell in nb.cells:
        if grade_id(cell).startswith(("todo_", "written_")) and not is_untouched(cell):
            text = bare_code(cell.source) if cell.cell_type == "code" else " ".join(cell.source.split())
            if len(text) >= (LEAST_CODE if cell.cell_type == "code" else LEAST_TEXT):
                found[grade_id(cell)] = hashlib.sha256(text.encode()).hexdigest()[:16]
    return found if model is None else found | {f"weights_{Path(MODEL).stem}": fingerprint(model)}


def is_untouched(cell: NotebookNode) -> bool:
    """Say whether an answer is as it was released, or still says that it is missing."""
    as_released = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
    return as_released or bool(STUB.search(cell.source))


def bare_code(source: str) -> str:
    """Return code without comments, docstrings and layout; as it is where it cannot be parsed."""
    try:
        tree = ast.parse(source)
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list):
                node.body = [part for part in body if not is_text(part)] or [ast.Pass()]  # type: ignore[attr-defined]
        return ast.unparse(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return " ".join(source.split())


def is_text(node: ast.AST) -> bool:
    """Say whether a statement is nothing but a text, as docstrings are."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
