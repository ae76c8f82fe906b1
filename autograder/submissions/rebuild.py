"""Rebuild a submitted notebook on the pristine release: only what the learner wrote is taken over.

Pure functions on notebooks as parsed JSON; nothing is executed. Given cells (locked, checks) come from
the release. Answers are found by grade_id, then by cell id, then by their text, then by the names
that a TODO defines, so copied, deleted, renamed and metadata-stripped cells are found as well.
Doing it twice changes nothing.
"""

import copy
import difflib
import re
from dataclasses import dataclass
from typing import Any

from autograder.submissions.outputs import OutputBudget, as_dict, as_text

Cell = dict[str, Any]
Notebook = dict[str, Any]

STUB = "raise NotImplementedError"
LONGEST_DEMO, MOST_DEMOS = 10_000, 100  # characters of a cell, and cells, that are compared with demos
DEFINITION = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)", re.MULTILINE)


@dataclass
class SubmittedCell:
    """One cell as the learner handed it in; `slot` is the index of the release cell that it is."""

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
        """Read a cell of any shape; what is malformed reads as empty."""
        nbgrader = as_dict(as_dict(cell.get("metadata")).get("nbgrader"))
        source = as_text(cell.get("source"))
        kind, outputs, pictures = cell.get("cell_type"), cell.get("outputs"), cell.get("attachments")
        return cls(str(kind), cell.get("id"), nbgrader.get("grade_id"), source, outputs, pictures)

    @property
    def is_stub(self) -> bool:
        """Whether the TODO is still open here."""
        return STUB in self.source


def rebuild(submitted: Notebook, release: Notebook) -> Notebook:
    """Return the release with the learner's answers, outputs and added cells in place."""
    result = copy.deepcopy(release)
    slots = result["cells"]
    for slot in slots:
        slot["source"] = as_text(slot["source"])
    theirs = [SubmittedCell.from_json(as_dict(cell)) for cell in submitted["cells"]]
    match_cells(theirs, slots)
    pristine = [slot["source"].strip() for slot in slots]
    budget = OutputBudget()
    fill_slots(theirs, slots, budget)
    result["cells"] = add_cells(theirs, slots, pristine, budget)
    return result


def grade_id(slot: Cell) -> str:
    """Return the nbgrader name of a release cell, or an empty string."""
    return as_dict(slot["metadata"].get("nbgrader")).get("grade_id", "")


def is_open(slot: Cell) -> bool:
    """Say whether the learner may write in this release cell: answers, demos and predictions."""
    nbgrader = slot["metadata"].get("nbgrader")
    return bool(nbgrader["solution"]) if nbgrader else slot["cell_type"] == "code"


def defined_names(source: str) -> set[str]:
    """Return the functions and classes defined at the top level, also where the code is broken."""
    return set(DEFINITION.findall(source))


def match_cells(theirs: list[SubmittedCell], slots: list[Cell]) -> None:
    """Set each learner's cell's `slot`; cells that they added keep None."""
    by_grade_id = {grade_id(slot): i for i, slot in enumerate(slots) if grade_id(slot)}
    by_id = {slot["id"]: i for i, slot in enumerate(slots) if "id" in slot}
    for cell in theirs:
        names = (by_grade_id, cell.grade_id), (by_id, cell.cell_id)
        known = [table[name] for table, name in names if isinstance(name, str) and name in table]
        cell.slot = known[0] if known else None
    taken = {cell.slot for cell in theirs}
    for cell in (cell for cell in theirs if cell.slot is None):
        same = [
            i
            for i, slot in enumerate(slots)
            if slot["cell_type"] == cell.kind and slot["source"].strip() == cell.source.strip()
        ]
        # Cells of equal text (two empty answers) are taken in turn.
        cell.slot = next((i for i in same if i not in taken), same[-1] if same else None)
        taken.add(cell.slot)
    unknown = [cell for cell in theirs if cell.slot is None and cell.kind == "code"]
    for cell in [cell for cell in unknown if len(cell.source) <= LONGEST_DEMO][:MOST_DEMOS]:
        cell.slot = edited_demo(cell, slots, taken)
        taken.add(cell.slot)


def edited_demo(cell: SubmittedCell, slots: list[Cell], taken: set[int | None]) -> int | None:
    """Find the demo that an added cell is an edited copy of, so that it is not run as an answer."""
    for i, slot in enumerate(slots):
        if i in taken or "demo" not in slot["metadata"].get("tags", []):
            continue
        alike = difflib.SequenceMatcher(None, cell.source, slot["source"], autojunk=False)
        if alike.real_quick_ratio() > 0.6 and alike.quick_ratio() > 0.6 and alike.ratio() > 0.6:
            return i
    return None


def fill_slots(theirs: list[SubmittedCell], slots: list[Cell], budget: OutputBudget) -> None:
    """Write the learner's answers into the open release cells, and their outputs into all but checks."""
    for index, slot in enumerate(slots):
        pristine = slot["source"].strip()
        own = [cell for cell in theirs if cell.slot == index]
        shown = [cell for cell in own if cell.source.strip() == pristine]
        if is_open(slot) and (answer := find_answer(theirs, slot, index)):
            slot["source"] = "\n\n".join(cell.source.strip("\n") for cell in answer)
            if pictures := budget.pictures(cell.attachments for cell in answer):
                slot["attachments"] = pictures
            for cell in answer:
                cell.used = True
            shown = answer
        if slot["cell_type"] == "code":
            kept = shown[-1:] if not grade_id(slot).startswith("tests_") else []
            slot["outputs"] = budget.copy(kept[0].outputs) if kept else []
            slot["execution_count"] = None


def find_answer(theirs: list[SubmittedCell], slot: Cell, index: int) -> list[SubmittedCell]:
    """Return the cells that hold the learner's answer to one open release cell: the last in force."""
    pristine = slot["source"].strip()
    changed = [c for c in theirs if c.slot == index and c.source.strip() not in ("", pristine)]
    if slot["cell_type"] == "markdown":
        return changed[-1:] or text_below(theirs, index)
    finished = [cell for cell in changed if not cell.is_stub]
    if not finished and grade_id(slot).startswith("todo_"):
        names = defined_names(slot["source"])
        code = [cell for cell in theirs if cell.kind == "code" and not cell.is_stub]
        finished = [cell for cell in code if names & defined_names(cell.source)]
    return finished[-1:] or changed[-1:]


def text_below(theirs: list[SubmittedCell], index: int) -> list[SubmittedCell]:
    """Return the text that the learner wrote in cells of their own, right below a question."""
    below, above = [], None
    for cell in theirs:
        above = cell.slot if cell.slot is not None else above
        if cell.slot is None and cell.kind == "markdown" and above in (index - 1, index):
            below.append(cell)
    return below


def add_cells(
    theirs: list[SubmittedCell], slots: list[Cell], pristine: list[str], budget: OutputBudget
) -> list[Cell]:
    """Return the slots with the learner's other cells between them, in their order.

    A cell goes after the release cell that it stood behind, and before every check that it preceded.
    """
    after: dict[int, list[Cell]] = {i: [] for i in range(-1, len(slots))}
    number = 0
    for position, cell in enumerate(theirs):
        if not is_addition(cell, slots, pristine):
            continue
        later = {c.slot for c in theirs[position:] if c.slot is not None}
        checks = [i for i in later if grade_id(slots[i]).startswith("tests_")]
        bound = min(checks, default=len(slots))
        before = [c.slot for c in theirs[:position] if c.slot is not None and c.slot < bound]
        number += 1
        after[before[-1] if before else -1].append(new_cell(cell, number, budget))
    return sum(([slot, *after[i]] for i, slot in enumerate(slots)), start=after[-1])


def is_addition(cell: SubmittedCell, slots: list[Cell], pristine: list[str]) -> bool:
    """Say whether a cell holds something of the learner's that has no place in the release."""
    if cell.used or not cell.source.strip() or cell.kind not in ("code", "markdown"):
        return False
    if cell.slot is None:
        return True
    given = grade_id(slots[cell.slot]).startswith("tests_") or cell.source.strip() == pristine[cell.slot]
    return cell.kind == "code" and not given and not cell.is_stub


def new_cell(cell: SubmittedCell, number: int, budget: OutputBudget) -> Cell:
    """Make a cell of the notebook out of one that the learner added."""
    common = {"cell_type": cell.kind, "id": f"added-{number}", "metadata": {"tags": ["added"]}}
    if cell.kind == "markdown":
        return common | {"source": cell.source}
    outputs = budget.copy(cell.outputs)
    return common | {"source": cell.source, "outputs": outputs, "execution_count": None}
