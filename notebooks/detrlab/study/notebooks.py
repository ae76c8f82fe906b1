"""Read the week from its notebooks: exercises and their states, written questions, minutes, hints."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from detrlab.cells.cell import Cell, cell_from_json
from detrlab.steps import find
from detrlab.study.session import checked

DONE, WRONG, UNTOUCHED = "✓", "✗", "○"
# What an untouched answer cell holds, and what the solutions have in its place.
EMPTY_ANSWER = "YOUR ANSWER HERE"
MODEL_ANSWER = re.compile(r"\*\*Model \w+\.\*\*")
FOLD = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
HEADER = re.compile(
    r"^# Step \d+ · (?P<title>.+)$.*?\*\*Day (?P<day>\d+) · about (?P<minutes>\d+) minutes", re.M | re.S
)


@dataclass(frozen=True)
class Step:
    """One notebook: its title, day and minutes, the states of its exercises, and which answers exist."""

    name: str
    title: str
    day: int
    minutes: int
    exercises: dict[str, str]
    written: dict[str, bool]

    @property
    def done(self) -> int:
        """The number of exercises that have passed their check plus that of written answers."""
        return list(self.exercises.values()).count(DONE) + sum(self.written.values())

    @property
    def whole(self) -> int:
        """The number of exercises and written questions."""
        return len(self.exercises) + len(self.written)

    @property
    def minutes_left(self) -> int:
        """The stated minutes, less the share that is done, rounded up to a multiple of 5."""
        whole = max(1, self.whole)
        return 5 * -(-self.minutes * (whole - self.done) // (5 * whole))


def week() -> list[Path]:
    """Return the week's notebooks: from the folder of the running one, else from the course's."""
    first = find("00_set_prediction")
    return sorted(first.parent.glob("[0-9][0-9]_*.ipynb")) if first else []


def steps() -> list[Step]:
    """Return the notebooks of the week that have the course's header, in order."""
    found = []
    for path in week():
        cells = notebook_cells(path)
        if cells and (head := HEADER.search("".join(cells[0].get("source", "")))):
            written = {
                name: bool(plain_answer(cell)) for cell in cells if (name := grade_name(cell, "written"))
            }
            day, minutes = int(head["day"]), int(head["minutes"])
            found.append(Step(path.stem, head["title"], day, minutes, states_of(cells), written))
    return found


def states_of(cells: list[dict]) -> dict[str, str]:
    """Return ✓, ✗ or ○ for each exercise, from its cells, their saved output and this kernel's checks."""
    states: dict[str, str] = {}
    for raw in cells:
        cell = cell_from_json(raw)
        if cell.role == "todo":
            states[cell.name] = UNTOUCHED if cell.is_stub else WRONG
        elif cell.role == "tests":
            output = json.dumps(raw.get("outputs", []), ensure_ascii=False)
            states[cell.name] = checked.get(cell.name) or state_of(
                cell.name, states.get(cell.name), output
            )
    return states


def state_of(exercise: str, todo: str | None, output: str) -> str:
    """Return an exercise's state, from that of its TODO (None if it has none) and its check's output."""
    if todo != UNTOUCHED and f"{DONE} {exercise}" in output:
        return DONE
    return todo or (WRONG if WRONG in output else UNTOUCHED)


def todo_cell(exercise: str, folder: Path | None = None) -> Cell | None:
    """Return the cell of an exercise's TODO, from the week's notebooks or from those of a folder."""
    for path in sorted(folder.glob("*.ipynb")) if folder else week():
        for raw in notebook_cells(path):
            if grade_name(raw, "todo") == exercise:
                return cell_from_json(raw)
    return None


def hints_of(exercise: str) -> list[tuple[str, str]]:
    """Return title and text of the folded hints for an exercise, from the week's notebooks."""
    for path in week():
        for cell in notebook_cells(path):
            if cell.get("metadata", {}).get("detrlab", {}).get("hints") == exercise:
                folds = FOLD.findall("".join(cell["source"]))
                return [(title.strip(), text.strip()) for title, text in folds]
    return []


def grade_name(cell: dict, role: str) -> str:
    """Return the name of a cell with this role ("todo", "written", ...); "" for any other cell."""
    grade_id = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id") or ""
    return grade_id.removeprefix(f"{role}_") if grade_id.startswith(f"{role}_") else ""


def plain_answer(cell: dict) -> str:
    """Return what a learner wrote into an answer cell; "" if it is untouched."""
    answer, _, _ = "".join(cell["source"]).partition("**Rubric")
    return MODEL_ANSWER.sub("", answer).replace(EMPTY_ANSWER, "").strip()


def notebook_cells(path: Path) -> list[dict]:
    """Return a notebook's cells, or none if the file cannot be read, so that others still are."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
