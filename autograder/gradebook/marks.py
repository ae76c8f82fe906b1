"""Turn verdicts into what nbgrader scores, and say what a person still has to look at.

Used on either way: by the fast writer (gradebook.py), and by the preprocessors of `nbgrader autograde`.
"""

import ast
import hashlib
from pathlib import Path

from nbformat import NotebookNode, v4
from nbgrader.api import Grade
from nbgrader.utils import compute_checksum, is_grade

from autograder.gradebook.pages import grade_id
from autograder.judging.keys import Verdicts, fingerprint
from autograder.judging.tasks import nobody_judged
from detrlab.steps import STUB

LEAST_CODE, LEAST_TEXT = 200, 60  # characters of an answer that two do not write alike by chance


def write_outputs(nb: NotebookNode, verdicts: Verdicts) -> None:
    """Write each graded code cell's verdict as its output: nbgrader scores outputs, and only these."""
    for cell in nb.cells:
        if is_grade(cell) and cell.cell_type == "code":
            write_output(cell, verdicts.setdefault(exercise_of(grade_id(cell)), nobody_judged()))


def write_output(cell: NotebookNode, verdict: dict) -> None:
    """Put a verdict into a cell as nbgrader reads it: never empty, never on stderr, a float in range."""
    score = round(float(cell.metadata.nbgrader.points) * verdict["credit"], 4)
    cell.outputs = [
        v4.new_output("stream", name="stdout", text=f"{verdict['sentence']}\n"),
        v4.new_output("execute_result", data={"text/plain": repr(score)}),
    ]


def exercise_of(name: str) -> str:
    """Return the exercise that a graded cell of this name belongs to."""
    return name.removeprefix("tests_")


def fingerprints(nb: NotebookNode, model: Path) -> dict[str, str]:
    """Return a fingerprint of what each graded cell grades, to see whether an answer has changed.

    A written answer is its own text. A check grades the notebook's code but for other exercises' cells,
    and that of a trained `model` the file too.
    """
    found = {}
    for cell in filter(is_grade, nb.cells):
        parts = [cell.source] if cell.cell_type != "code" else code_for(nb, exercise_of(grade_id(cell)))
        graded = [text.strip().encode() for text in parts]
        if exercise_of(grade_id(cell)) == model.stem and model.is_file():
            graded.append(model.read_bytes())
        found[grade_id(cell)] = fingerprint(*graded)[:16]
    return found


def code_for(nb: NotebookNode, exercise: str) -> list[str]:
    """Return the code that an exercise is graded on: all but the answers to other exercises."""
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    own = f"todo_{exercise}"
    return [c.source for c in code if grade_id(c) == own or not grade_id(c).startswith("todo_")]


def note(
    nb: NotebookNode, key: str, verdicts: Verdicts, scores: dict[str, float | None], model: Path
) -> dict:
    """Return what is kept of a graded submission beside the gradebook."""
    kept = {"key": key, "verdicts": verdicts, "answers": fingerprints(nb, model), "scores": scores}
    weights = {f"weights_{model.stem}": fingerprint(model.read_bytes())} if model.is_file() else {}
    return kept | {"traces": traces(nb) | weights}


def traces(nb: NotebookNode) -> dict[str, str]:
    """Return a fingerprint of each answer that is long enough to tell who wrote it, by grade_id.

    Comments, docstrings and layout make no difference. Answers that nobody wrote leave none.
    """
    found = {}
    for cell in nb.cells:
        if grade_id(cell).startswith(("todo_", "written_")) and not is_untouched(cell):
            text = bare_code(cell.source) if cell.cell_type == "code" else " ".join(cell.source.split())
            if len(text) >= (LEAST_CODE if cell.cell_type == "code" else LEAST_TEXT):
                found[grade_id(cell)] = hashlib.sha256(text.encode()).hexdigest()[:16]
    return found


def is_untouched(cell: NotebookNode) -> bool:
    """Say whether an answer is as it was released, or still says that it is missing."""
    return cell.metadata.nbgrader.get("checksum") == compute_checksum(cell) or bool(
        STUB.search(cell.source)
    )


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


def state_of(grade: Grade) -> dict:
    """Return what must be remembered of a grade before it is made anew."""
    settled = grade.manual_score is not None and not grade.needs_manual_grade
    return {"auto_score": grade.auto_score, "settled": settled}


def set_needs_person(
    grade: Grade, cell_type: str, name: str, before: dict, same_answer: bool, verdicts: Verdicts
) -> None:
    """Say in a grade that was made anew whether a person must look at it.

    What a person graded stays settled as long as what they graded is still the same; nbgrader's own rule
    asks for a second look after every regrade.
    """
    if grade.manual_score is None:
        doubt = verdicts.get(exercise_of(name), {}).get("needs_person", False)
        grade.needs_manual_grade = grade.auto_score is None or doubt
    else:
        same_score = cell_type != "code" or grade.auto_score == before.get("auto_score")
        grade.needs_manual_grade = not (before.get("settled") and same_answer and same_score)
