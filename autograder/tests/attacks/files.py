"""Read the attacks that are answers to an exercise."""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from autograder.authoring.exercises import step_of
from autograder.authoring.known_answers import slips
from autograder.authoring.sources import code_cells
from detrlab.cells.cell import Cell

FOLDER = Path(__file__).parent
HEADER = re.compile(r"^# (answers|expected|message|never): (.*)$", re.MULTILINE)
MARK = re.compile(r"^( *)# (SOLUTION|WRONG)$", re.MULTILINE)


@dataclass(frozen=True)
class Attack:
    """One answer to one exercise, and the points and the message that it has to get.

    Of the message, `message` is a part, and `never` a regular expression that it must not match.
    """

    category: str
    name: str
    exercise: str
    full_points: bool
    message: str
    never: str
    source: str

    @property
    def student(self) -> str:
        """The name under which it is submitted."""
        return f"{self.category}-{self.name}"


def read_attacks() -> list[Attack]:
    """Read every file, by category and name. ValueError where its first lines are incomplete."""
    attacks = []
    for path in sorted(FOLDER.glob("*/*.py")):
        text = path.read_text(encoding="utf-8")
        header = dict(HEADER.findall(text))
        if header.get("expected") not in ("0", "full") or "answers" not in header:
            raise ValueError(f"{path}: its first lines should say what it answers and what is expected.")
        exercise = header["answers"]
        attacks.append(
            Attack(
                category=path.parent.name,
                name=path.stem,
                exercise=exercise,
                full_points=header["expected"] == "full",
                message=header.get("message", ""),
                never=header.get("never", ""),
                source=MARK.sub(functools.partial(insert_answer, exercise), text),
            )
        )
    return attacks


def insert_answer(exercise: str, mark: re.Match) -> str:
    """Return the answer that a mark stands for, indented as the mark is."""
    answer = {"SOLUTION": right_answer, "WRONG": wrong_answer}[mark[2]](exercise)
    return "\n".join(f"{mark[1]}{line}" if line.strip() else line for line in answer.split("\n"))


def right_answer(exercise: str) -> str:
    """Return the solution of an exercise, as a learner would have it."""
    step, _ = step_of(exercise)
    return todo_of(exercise, code_cells(step))


def wrong_answer(exercise: str) -> str:
    """Return a known wrong answer to an exercise, the first of its slips."""
    step, _ = step_of(exercise)
    slip = next(slip for slip in slips(step) if slip.exercise == exercise)
    return todo_of(exercise, slip.apply(code_cells(step)))


def todo_of(exercise: str, cells: list[Cell]) -> str:
    """Return the text of an exercise's TODO, without the lines that mark the solution."""
    source = next(cell.source for cell in cells if (cell.role, cell.name) == ("todo", exercise))
    return "\n".join(line for line in source.split("\n") if not line.endswith(" SOLUTION"))
