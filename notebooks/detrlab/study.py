"""Around the exercises: predictions, hints, and how far the week has come."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from detrlab.steps import cell_from_json, find

STORE = ".predictions.json"
FOLD = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
asked: Counter[str] = Counter()


def predict(question: str, answer: Any = ...) -> None:
    """Keep your prediction, to be set beside what happens. Replace the three dots by it."""
    if answer is ...:
        print("Your turn: put your guess in the place of the three dots and run this cell again.")
        return
    store = Path.cwd() / STORE
    store.write_text(json.dumps(predictions() | {question: str(answer)}, indent=1), encoding="utf-8")
    print(f"Noted: {answer}")


def reveal(question: str, happened: Any) -> None:
    """Set what happened beside your prediction."""
    print(f"You predicted: {predictions().get(question, '(nothing, this time)')}")
    print(f"What happened: {happened}")


def predictions() -> dict[str, str]:
    """Return the predictions made so far in this folder, by question."""
    store = Path.cwd() / STORE
    return json.loads(store.read_text(encoding="utf-8")) if store.is_file() else {}


def hint(exercise: str) -> None:
    """Show the first hint of an exercise; called again, the next one."""
    hints = hints_of(exercise)
    if not hints:
        print(
            f'No notebook here has hints for "{exercise}". Look at the name in the check below the TODO.'
        )
        return
    number = min(asked[exercise], len(hints) - 1)
    asked[exercise] += 1
    title, text = hints[number]
    left = len(hints) - number - 1
    print(f"{title}\n\n{text}\n")
    print(f"({left} more: call hint again)" if left else "(that was the last one)")


def hints_of(exercise: str) -> list[tuple[str, str]]:
    """Return title and text of each folded hint that the notebooks hold for an exercise."""
    for path in week():
        for cell in notebook_cells(path):
            if cell.get("metadata", {}).get("detrlab", {}).get("hints") == exercise:
                folds = FOLD.findall("".join(cell["source"]))
                return [(title.strip(), text.strip()) for title, text in folds]
    return []


def progress() -> None:
    """Show every exercise of the week: ✓ its check passed, ✗ it did not, ○ not begun."""
    for path in week():
        states = states_of(path)
        if states:
            print(f"{path.stem:26} " + "   ".join(f"{mark} {name}" for name, mark in states.items()))


def states_of(path: Path) -> dict[str, str]:
    """Return ✓, ✗ or ○ for each exercise of a notebook, read from its cells and their saved output."""
    states: dict[str, str] = {}
    for raw in notebook_cells(path):
        cell = cell_from_json(raw)
        if cell.role == "todo":
            states[cell.name] = "○" if cell.is_stub else "✗"
        elif cell.role == "tests" and states.get(cell.name) == "✗":
            passed = f"✓ {cell.name}" in json.dumps(raw.get("outputs", []), ensure_ascii=False)
            states[cell.name] = "✓" if passed else "✗"
    return states


def week() -> list[Path]:
    """List the week's notebooks: beside the running one, else in the course's folder."""
    first = find("00_set_prediction")
    return sorted(first.parent.glob("[0-9][0-9]_*.ipynb")) if first else []


def notebook_cells(path: Path) -> list[dict]:
    """Read a notebook's cells; none where the file cannot be read, since others still can."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError):
        return []
