"""Recognise a notebook's step by its name and its cells, and which of its exercises are answered."""

from collections import Counter
from collections.abc import Iterable
from itertools import chain
from pathlib import PurePosixPath

from autograder.submissions.outputs import as_text
from autograder.submissions.rebuild import ADDED, Notebook, SubmittedCell, defined_names, grade_id
from detrlab.cells.cell import is_unwritten

Releases = dict[str, Notebook]


def step_by_name(name: str, releases: Iterable[str]) -> str:
    """Return the step that a file's name contains; empty if there is none."""
    return next((step for step in releases if step in PurePosixPath(name).name), "")


def answers_of(notebook: Notebook, release: Notebook) -> dict[str, str]:
    """Return what the learner wrote into the answers of a rebuilt notebook, by grade_id."""
    blank = {grade_id(cell): as_text(cell["source"]) for cell in release["cells"]}
    answers = {grade_id(cell): cell["source"] for cell in notebook["cells"]}
    return {
        name: text
        for name, text in answers.items()
        if text.strip() not in ("", blank.get(name, "").strip())
        and (name.startswith("written_") or (name.startswith("todo_") and not is_unwritten(text)))
    }


def added_cells_of(notebook: Notebook | None) -> list[str]:
    """Return the texts of the cells that the learner added to a rebuilt notebook."""
    cells = notebook["cells"] if notebook else []
    return [cell["source"] for cell in cells if ADDED in cell["metadata"].get("tags", [])]


def own_traits(releases: Releases) -> dict[str, set[str]]:
    """Return what tells each step's notebook from all the others."""
    found = {step: traits(release) for step, release in releases.items()}
    common = {trait for trait, steps in Counter(chain(*found.values())).items() if steps > 1}
    return {step: own - common for step, own in found.items()}


def steps_by_cells(notebook: Notebook, traits_by_step: dict[str, set[str]], named: str) -> list[str]:
    """Return the step whose own cells a notebook shares most of, of equals the named one, and others.

    The first shares at least two of them, or one if the notebook is named like it; the others at least a
    quarter: that is a file into which several notebooks were pasted. There may be none.
    """
    submitted = traits(notebook)
    shared = {step: len(submitted & own) for step, own in traits_by_step.items()}
    best = max(shared, key=lambda step: (shared[step], step == named))
    if shared[best] < (1 if best == named else 2):
        return []
    least = {step: max(2, len(own) / 4) for step, own in traits_by_step.items()}
    return [best, *(step for step in shared if step != best and shared[step] >= least[step])]


def part_of(
    notebook: Notebook, step: str, steps: list[str], traits_by_step: dict[str, set[str]]
) -> Notebook:
    """Return a notebook of several steps without the cells that belong to the others."""
    foreign = set().union(*(traits_by_step[other] for other in steps if other != step))
    cells = [cell for cell in notebook["cells"] if not traits({"cells": [cell]}) & foreign]
    return notebook | {"cells": cells}


def traits(notebook: Notebook) -> set[str]:
    """Return what tells a notebook from others: names and texts of its cells, and what they define."""
    cells = [SubmittedCell.from_json(cell) for cell in notebook["cells"]]
    names_and_texts = {cell.source.strip() for cell in cells} | {str(cell.grade_id) for cell in cells}
    definitions = {f"def {name}" for cell in cells for name in defined_names(cell.source)}
    return (names_and_texts | definitions) - {"", "None"}
