"""Around the exercises: predictions, hints and written answers."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from itertools import zip_longest
from pathlib import Path
from textwrap import wrap
from typing import Any

from detrlab.page import present
from detrlab.steps import find
from detrlab.study.week import grade_name, hints_of, notebook_cells, plain_answer, week

STORE = ".predictions.json"
# A prediction in a notebook: its name and, behind the last #, the question in full. Step 10 says `guess`.
ASKED = re.compile(r'^(?:predict|guess)\(\s*"([^"]+)",(?:(?:.*\n\))?.*# *(.*))?', re.MULTILINE)
WORD = re.compile(r"\d+(?:[.,]\d+)+|\w(?:[\w'’-]*\w)?")
COLUMNS = {"step": 4, "question": 34, "you predicted": 22, "what happened": 34}
asked: Counter[str] = Counter()


def predict(question: str, answer: Any = ...) -> None:
    """Keep your prediction, to be set beside what happens. Replace the three dots by it."""
    if answer is ...:
        print("Your turn: put your guess in the place of the three dots and run this cell again.")
        return
    keep(question, predicted=str(answer))
    print(f"Noted: {answer}")


def reveal(question: str, happened: Any) -> None:
    """Set what happened beside your prediction, and keep it there for the end of the week."""
    if question in predictions():
        keep(question, happened=str(happened))
    print(f"You predicted: {predictions().get(question, '(nothing, this time)')}")
    print(f"What happened: {happened}")


def predictions() -> dict[str, str]:
    """Return the predictions made so far in this folder, by question."""
    return {question: entry["predicted"] for question, entry in stored().items()}


def stored() -> dict[str, dict[str, str]]:
    """Return what is kept of each question: "predicted" and, once it was revealed, "happened"."""
    try:
        entries = json.loads((Path.cwd() / STORE).read_text(encoding="utf-8"))
        return {
            question: {"predicted": entry} if isinstance(entry, str) else entry
            for question, entry in entries.items()
        }
    except (OSError, ValueError, AttributeError):  # no file, or a damaged one: begin anew
        return {}


def keep(question: str, **entry: str) -> None:
    """Add to what is kept of a question."""
    entries = stored()
    entries[question] = entries.get(question, {}) | entry
    (Path.cwd() / STORE).write_text(json.dumps(entries, indent=1), encoding="utf-8")


def replay() -> None:
    """Show every prediction kept in this folder beside what happened, in the order of the week."""
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
    """Lay the predictions out in columns; long cells are wrapped."""
    lines = []
    for row in (list(COLUMNS), ["─" * width for width in COLUMNS.values()], *rows):
        columns = [wrap(cell, width) for cell, width in zip(row, COLUMNS.values(), strict=True)]
        for line in zip_longest(*columns, fillvalue=""):
            pairs = zip(line, COLUMNS.values(), strict=True)
            lines.append("  ".join(text.ljust(width) for text, width in pairs).rstrip())
        lines.append("")
    return "\n".join(lines)


def as_table(rows: Iterable[Sequence[str]]) -> str:
    """Lay the predictions out as a table for a notebook."""

    def line(tag: str, cells: Iterable[str]) -> str:
        style = "style='text-align:left'"
        return f"<tr>{''.join(f'<{tag} {style}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"

    body = "".join(line("td", row) for row in rows)
    return f"<table><thead>{line('th', COLUMNS)}</thead><tbody>{body}</tbody></table>"


def questions() -> dict[str, tuple[str, str]]:
    """Return the number of the step and the words of every prediction that the week asks for."""
    return {
        name: (str(int(path.stem[:2])), words.strip())
        for path in week()
        for cell in notebook_cells(path)
        for name, words in ASKED.findall("".join(cell.get("source", "")))
    }


def written_answer(step: str, name: str) -> str | None:
    """Return your answer to a written question, as the notebook was last saved: "" where it is empty.

    None where there is no such notebook, or no such question in it.
    """
    path = find(step)
    for cell in notebook_cells(path) if path else []:
        if grade_name(cell, "written") == name:
            return plain_answer(cell)
    return None


def count_words(step: str, name: str, limit: int, explain: Sequence[str] = ()) -> None:
    """Say how many words a written answer has and whether that is within the limit.

    What is counted is the file as last saved. `explain`: words that the reader may not know.
    """
    answer = written_answer(step, name)
    if answer is None:
        print(f"There is no {step}.ipynb with this question beside the running notebook. If you saved")
        print("yours under another name, rename it; or count by hand.")
    elif not answer:
        print(f"The answer is still empty in {step}.ipynb, as it was last saved. Write it, save the")
        print(
            "notebook (Ctrl+S, on a Mac Cmd+S) and run this cell again: the file counts, not the screen."
        )
    else:
        count = len(WORD.findall(answer))
        over = f"{count - limit} too many. Which sentence would nobody miss?"
        print(f"Words, as last saved: {count}, {over if count > limit else f'within the {limit}.'}")
        found = [word for word in explain if re.search(rf"\b{word}", answer, re.IGNORECASE)]
        if found:
            print(f"Would your reader know what these mean? {', '.join(found)}")


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
    more = f"({left} more: call hint again)" if left else "(that was the last one)"
    present(f"{title}\n\n{text}\n\n{more}", markdown=f"**{title}**\n\n{text}\n\n*{more}*")
