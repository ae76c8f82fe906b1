"""`compare("encoder_layer")`: your answer beside the solution's, once its check has passed."""

import sys
from html import escape
from pathlib import Path

from detrlab.cells.cell import Cell
from detrlab.display import present
from detrlab.study.notebooks import DONE, steps, todo_cell

SOLUTIONS = Path(__file__).parents[3] / "solutions" / "week1"
MARKER = " SOLUTION"  # at the end of the lines that tell nbgrader where a solution begins and ends


def compare(exercise: str) -> None:
    """Show your answer beside the solution's, or print why not: not passed yet, or no solutions here."""
    mine = todo_cell(exercise)
    states = {name: state for step in steps() for name, state in step.exercises.items()}
    theirs = todo_cell(exercise, SOLUTIONS)
    if mine is None:
        print(
            f'No notebook here has an exercise "{exercise}". Its name stands in the check below the TODO.'
        )
    elif states.get(exercise) != DONE:
        print(f"First your own: compare({exercise!r}) opens once the check has said ✓ {exercise}.")
        print(f"Until then hint({exercise!r}) helps, one step at a time.")
    elif theirs is None:
        print(
            "Well done, and there is nothing to compare with: this copy of the course has no solutions."
        )
        print("If you follow a class, ask whether they are shown after the deadline.")
    else:
        columns = {"yours": latest(mine), "the solution": without_marks(theirs.source)}
        present(one_after_the_other(columns), html=side_by_side(columns))


def latest(saved: Cell) -> str:
    """Return the source that last defined the same names in this kernel, else that of the saved cell."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    ran = shell.user_ns.get("In", []) if shell is not None else []
    same = (source for source in reversed(ran) if Cell(source, "todo").defines == saved.defines)
    return next(same, saved.source) if saved.defines else saved.source


def without_marks(source: str) -> str:
    """Remove the lines that mark where a solution begins and ends."""
    return "\n".join(line for line in source.split("\n") if not line.strip().endswith(MARKER))


def one_after_the_other(columns: dict[str, str]) -> str:
    """Return the answers as text, each under its name."""
    return "\n\n".join(f"{name}\n{'─' * len(name)}\n{source}" for name, source in columns.items())


def side_by_side(columns: dict[str, str]) -> str:
    """Return both answers as HTML, side by side if there is room; lines of only one of them are bold."""
    lines = {name: source.split("\n") for name, source in columns.items()}
    shared = set.intersection(*({line.strip() for line in answer} for answer in lines.values()))
    style = "white-space:pre-wrap;overflow-wrap:anywhere;font-size:90%"
    parts = []
    for name, answer in lines.items():
        marked = [escape(line) if line.strip() in shared else f"<b>{escape(line)}</b>" for line in answer]
        code = f"<h4>{name}</h4><pre style='{style}'>" + "\n".join(marked) + "</pre>"
        parts.append(f"<section style='flex:1 1 26em;min-width:0'>{code}</section>")
    ways = "Bold lines stand in one of them only. There is more than one right way: ask what each gains."
    return f"<div style='display:flex;flex-wrap:wrap;gap:1em'>{''.join(parts)}</div><p>{ways}</p>"
