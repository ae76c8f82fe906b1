"""Rebuild a submitted notebook on the pristine release, copying only what the learner wrote.

Pure functions on notebooks as parsed JSON; nothing is executed. Given cells (locked, checks) come from
the release. Answers are matched by grade_id, then by cell id, then by their text, then by the names
that a TODO defines: copied, deleted, renamed and metadata-stripped cells are matched as well.
Rebuilding is idempotent.
"""

import copy
import difflib
import re
from dataclasses import dataclass
from typing import Any

from autograder.submissions.notebook_json import python_version
from autograder.submissions.outputs import OutputBudget, as_dict, as_text
from detrlab.cells.cell import is_unwritten

Cell = dict[str, Any]
Notebook = dict[str, Any]

# Limits on what is compared with demos, which takes quadratic time: characters of a cell, and cells.
LONGEST_DEMO, MOST_DEMOS = 10_000, 100
DEMO_SIMILARITY = 0.6  # of difflib, 0 to 1: above it, a cell is an edited copy of a demo
# The tags of cells that the learner added, and of given ones whose code they changed.
ADDED, EDITED = "added", "edited"
DEFINITION = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)", re.MULTILINE)


@dataclass
class SubmittedCell:
    """One cell as the learner submitted it.

    Attributes:
        slot: the index of the release cell that it corresponds to; None for a cell that they added.
        used: whether the cell was copied as an answer.
    """

    kind: str
    cell_id: Any
    grade_id: Any
    source: str
    outputs: Any
    attachments: Any
    slot: int | None = None
    used: bool = False

    @classmethod
    def from_json(cls, cell: Cell) -> "SubmittedCell":
        """Read a cell of any shape; malformed parts are read as empty."""
        nbgrader = as_dict(as_dict(cell.get("metadata")).get("nbgrader"))
        source = unix_lines(as_text(cell.get("source")))
        kind, outputs, pictures = cell.get("cell_type"), cell.get("outputs"), cell.get("attachments")
        return cls(str(kind), cell.get("id"), nbgrader.get("grade_id"), source, outputs, pictures)

    @property
    def is_stub(self) -> bool:
        """Whether the cell still holds the stub of a TODO."""
        return is_unwritten(self.source)


def unix_lines(text: str) -> str:
    """Return a text with the line ends of Unix, whatever system it was written on."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def rebuild(submitted: Notebook, release: Notebook) -> Notebook:
    """Return the release with the learner's answers, outputs, added cells and version of Python."""
    result = copy.deepcopy(release)
    if version := python_version(submitted):
        result["metadata"].setdefault("language_info", {}).update(name="python", version=version)
    slots = result["cells"]
    for slot in slots:
        slot["source"] = as_text(slot["source"])
    submitted_cells = [SubmittedCell.from_json(as_dict(cell)) for cell in submitted["cells"]]
    match_cells(submitted_cells, slots)
    pristine = [slot["source"].strip() for slot in slots]
    budget = OutputBudget()
    fill_slots(submitted_cells, slots, budget)
    result["cells"] = add_cells(submitted_cells, slots, pristine, budget)
    return result


def grade_id(slot: Cell) -> str:
    """Return nbgrader's name of a release cell; empty if it has none."""
    return as_dict(slot["metadata"].get("nbgrader")).get("grade_id", "")


def is_editable(slot: Cell) -> bool:
    """Return whether learners may edit this release cell: an answer, a demo or a prediction."""
    nbgrader = slot["metadata"].get("nbgrader")
    return bool(nbgrader["solution"]) if nbgrader else slot["cell_type"] == "code"


def defined_names(source: str) -> set[str]:
    """Return the functions and classes defined at the top level; the code need not be valid Python."""
    return set(DEFINITION.findall(source))


def match_cells(submitted_cells: list[SubmittedCell], slots: list[Cell]) -> None:
    """Set the `slot` of each submitted cell; cells that the learner added keep None."""
    by_grade_id = {grade_id(slot): index for index, slot in enumerate(slots) if grade_id(slot)}
    by_id = {slot["id"]: index for index, slot in enumerate(slots) if "id" in slot}
    for cell in submitted_cells:
        keys = (by_grade_id, cell.grade_id), (by_id, cell.cell_id)
        matches = [table[key] for table, key in keys if isinstance(key, str) and key in table]
        cell.slot = matches[0] if matches else None
    taken = {cell.slot for cell in submitted_cells}
    for cell in (cell for cell in submitted_cells if cell.slot is None):
        equal = [
            index
            for index, slot in enumerate(slots)
            if slot["cell_type"] == cell.kind and slot["source"].strip() == cell.source.strip()
        ]
        # Cells with the same text, such as two empty answers, get the slots in order.
        cell.slot = next((index for index in equal if index not in taken), equal[-1] if equal else None)
        taken.add(cell.slot)
    unknown = [cell for cell in submitted_cells if cell.slot is None and cell.kind == "code"]
    for cell in [cell for cell in unknown if len(cell.source) <= LONGEST_DEMO][:MOST_DEMOS]:
        cell.slot = find_edited_demo(cell, slots, taken)
        taken.add(cell.slot)


def find_edited_demo(cell: SubmittedCell, slots: list[Cell], taken: set[int | None]) -> int | None:
    """Return the index of the demo that a cell is an edited copy of: it is not run as an answer."""
    for index, slot in enumerate(slots):
        if index in taken or "demo" not in slot["metadata"].get("tags", []):
            continue
        matcher = difflib.SequenceMatcher(None, cell.source, slot["source"], autojunk=False)
        # Cheap upper bounds of the ratio first.
        bounds = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
        if all(ratio() > DEMO_SIMILARITY for ratio in bounds):
            return index
    return None


def fill_slots(submitted_cells: list[SubmittedCell], slots: list[Cell], budget: OutputBudget) -> None:
    """Copy the learner's answers into the editable release cells, and outputs into all but checks."""
    for index, slot in enumerate(slots):
        pristine = slot["source"].strip()
        matched = [cell for cell in submitted_cells if cell.slot == index]
        sources_of_outputs = [cell for cell in matched if cell.source.strip() == pristine]
        if is_editable(slot) and (answer := find_answer(submitted_cells, slot, index)):
            slot["source"] = "\n\n".join(cell.source.strip("\n") for cell in answer)
            if pictures := budget.pictures(cell.attachments for cell in answer):
                slot["attachments"] = pictures
            if not grade_id(slot):
                tags = as_dict(slot["metadata"]).get("tags", [])
                slot["metadata"]["tags"] = [*tags, EDITED]
            for cell in answer:
                cell.used = True
            sources_of_outputs = answer
        if slot["cell_type"] == "code":
            last = sources_of_outputs[-1:] if not grade_id(slot).startswith("tests_") else []
            slot["outputs"] = budget.copy(last[0].outputs) if last else []
            slot["execution_count"] = None


def find_answer(submitted_cells: list[SubmittedCell], slot: Cell, index: int) -> list[SubmittedCell]:
    """Return the submitted cells that hold the answer to one release cell; the last definition wins."""
    pristine = slot["source"].strip()
    changed = [
        cell
        for cell in submitted_cells
        if cell.slot == index and cell.source.strip() not in ("", pristine)
    ]
    if slot["cell_type"] == "markdown":
        return changed[-1:] or find_text_below(submitted_cells, index)
    finished = [cell for cell in changed if not cell.is_stub]
    if not finished and grade_id(slot).startswith("todo_"):
        names = defined_names(slot["source"])
        code = [cell for cell in submitted_cells if cell.kind == "code"]
        finished = [cell for cell in code if names & defined_names(cell.source) and not cell.is_stub]
    return finished[-1:] or changed[-1:]


def find_text_below(submitted_cells: list[SubmittedCell], index: int) -> list[SubmittedCell]:
    """Return the Markdown cells that the learner added directly below a question."""
    below, previous = [], None
    for cell in submitted_cells:
        previous = cell.slot if cell.slot is not None else previous
        if cell.slot is None and cell.kind == "markdown" and previous in (index - 1, index):
            below.append(cell)
    return below


def add_cells(
    submitted_cells: list[SubmittedCell], slots: list[Cell], pristine: list[str], budget: OutputBudget
) -> list[Cell]:
    """Return the release cells with the learner's other cells between them, in their order.

    A cell is placed after the release cell that it followed, and before every check that it preceded; the
    first cells of a notebook without its given ones are placed before the release cell that follows them.
    """
    added: dict[int, list[Cell]] = {index: [] for index in range(-1, len(slots))}
    bound = following = len(slots)
    after = []  # of each cell: the first check of those behind it, and the next release cell
    for cell in reversed(submitted_cells):
        if cell.slot is not None:
            following = cell.slot
            bound = min(bound, following) if grade_id(slots[following]).startswith("tests_") else bound
        after.append((bound, min(bound, following)))
    before: list[int] = []
    number = 0
    for cell, (bound, following) in zip(submitted_cells, reversed(after), strict=True):
        if is_added(cell, slots, pristine):
            earlier = (slot for slot in reversed(before) if slot < bound)
            number += 1
            added[next(earlier, following - 1)].append(added_cell(cell, number, budget))
        if cell.slot is not None:
            before.append(cell.slot)
    return sum(([slot, *added[index]] for index, slot in enumerate(slots)), start=added[-1])


def is_added(cell: SubmittedCell, slots: list[Cell], pristine: list[str]) -> bool:
    """Return whether a submitted cell holds work that belongs to no release cell."""
    if cell.used or not cell.source.strip() or cell.kind not in ("code", "markdown"):
        return False
    if cell.slot is None:
        return True
    given = grade_id(slots[cell.slot]).startswith("tests_") or cell.source.strip() == pristine[cell.slot]
    return cell.kind == "code" and not given and not cell.is_stub


def added_cell(cell: SubmittedCell, number: int, budget: OutputBudget) -> Cell:
    """Return a notebook cell for one that the learner added."""
    common = {"cell_type": cell.kind, "id": f"added-{number}", "metadata": {"tags": [ADDED]}}
    if cell.kind == "markdown":
        return common | {"source": cell.source}
    outputs = budget.copy(cell.outputs)
    return common | {"source": cell.source, "outputs": outputs, "execution_count": None}
