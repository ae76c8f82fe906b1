"""Record what a learner predicts, and show it beside what happens."""

import json
import re
from collections.abc import Iterable, Sequence
from html import escape
from itertools import zip_longest
from pathlib import Path
from textwrap import wrap
from typing import Any

from detrlab.display import present
from detrlab.study.notebooks import notebook_cells, week

STORE = ".predictions.json"
# A prediction in a notebook: its name and, after the last #, the full question. Step 10 calls it `guess`.
ASKED = re.compile(r'^(?:predict|guess)\(\s*"([^"]+)",(?:(?:.*\n\))?.*# *(.*))?', re.MULTILINE)
COLUMNS = {"step": 4, "question": 34, "you predicted": 22, "what happened": 34}


def predict(question: str, answer: Any = ...) -> None:
    """Record your prediction, which takes the place of the three dots, and print it."""
    if answer is ...:
        print("Your turn: put your guess in the place of the three dots and run this cell again.")
        return
    keep(question, predicted=str(answer))
    print(f"Noted: {answer}")


def reveal(question: str, happened: Any) -> None:
    """Print what happened beside your prediction, and record it for `replay`."""
    if question in predictions():
        keep(question, happened=str(happened))
    print(f"You predicted: {predictions().get(question, '(nothing, this time)')}")
    print(f"What happened: {happened}")


def predictions() -> dict[str, str]:
    """Return the predictions made so far in this folder, by question."""
    return {question: entry["predicted"] for question, entry in stored().items()}


def stored() -> dict[str, dict[str, str]]:
    """Return the record of each question: "predicted" and, once it has been revealed, "happened"."""
    try:
        entries = json.loads((Path.cwd() / STORE).read_text(encoding="utf-8"))
        return {
            question: {"predicted": entry} if isinstance(entry, str) else entry
            for question, entry in entries.items()
        }
    except (OSError, ValueError, AttributeError):  # no file, or a damaged one
        return {}


def keep(question: str, **entry: str) -> None:
    """Add entries to the record of a question, in the current folder."""
    entries = stored()
    entries[question] = entries.get(question, {}) | entry
    (Path.cwd() / STORE).write_text(json.dumps(entries, indent=1), encoding="utf-8")


def replay() -> None:
    """Show all predictions recorded in this folder beside what happened, in the order of the week."""
    entries, asked = stored(), questions()
    if not entries:
        print("No prediction of yours is kept in this folder, so there is nothing to compare.")
        print("That is fine. If you like, go back to a notebook, put a guess in the place of the")
        print("three dots, and run on.")
        return
    rows = []
    for question in sorted(entries, key=lambda name: [*asked, name].index(name)):
        step, words = asked.get(question, ("", ""))
        happened = entries[question].get("happened", "(the cell that tells has not run since)")
        name = f"{question}: {words}" if words else question
        rows.append([step, name, entries[question]["predicted"], happened])
    present(as_text(rows), html=as_table(rows))


def as_text(rows: Iterable[Sequence[str]]) -> str:
    """Return the predictions as columns of text; long cells are wrapped."""
    lines = []
    for row in (list(COLUMNS), ["─" * width for width in COLUMNS.values()], *rows):
        columns = [wrap(cell, width) for cell, width in zip(row, COLUMNS.values(), strict=True)]
        for line in zip_longest(*columns, fillvalue=""):
            pairs = zip(line, COLUMNS.values(), strict=True)
            lines.append("  ".join(text.ljust(width) for text, width in pairs).rstrip())
        lines.append("")
    return "\n".join(lines)


def as_table(rows: Iterable[Sequence[str]]) -> str:
    """Return the predictions as an HTML table."""

    def line(tag: str, cells: Iterable[str]) -> str:
        style = "style='text-align:left'"
        return f"<tr>{''.join(f'<{tag} {style}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"

    body = "".join(line("td", row) for row in rows)
    return f"<table><thead>{line('th', COLUMNS)}</thead><tbody>{body}</tbody></table>"


def questions() -> dict[str, tuple[str, str]]:
    """Return the number of the step and the question of each prediction in the week's notebooks."""
    return {
        name: (str(int(path.stem[:2])), words.strip())
        for path in week()
        for cell in notebook_cells(path)
        for name, words in ASKED.findall("".join(cell.get("source", "")))
    }
