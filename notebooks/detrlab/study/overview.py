"""`progress()`: an overview of the week, read from the notebooks as they were last saved."""

from html import escape
from shutil import get_terminal_size
from textwrap import wrap

from detrlab.display import present
from detrlab.study.notebooks import DONE, UNTOUCHED, WRONG, Step, steps

MEANING = {DONE: "passed", WRONG: "begun, its check has not passed", UNTOUCHED: "not begun"}
# Two of Okabe and Ito's colours and a grey, visible on white and on dark pages.
COLOR = {DONE: "#009E73", WRONG: "#D55E00", UNTOUCHED: "#8A8A8A"}
BAR = 10  # characters


def progress() -> None:
    """Show all exercises of the week, the next one, and roughly how many minutes are left.

    The states come from the notebooks as they were last saved, and from later checks in this kernel.
    """
    week = steps()
    present(as_text(week), html=as_html(week))


def summary(week: list[Step]) -> list[str]:
    """Return sentences that say how much of the week is done and what is next."""
    if not week:
        return ["There is no notebook of the week here."]
    done, whole = sum(step.done for step in week), sum(step.whole for step in week)
    sentences = [f"{done} of {whole} exercises and written questions are done."]
    for step in week:
        waiting = [name for name, state in step.exercises.items() if state != DONE]
        waiting += [f"the written question {name}" for name, there in step.written.items() if not there]
        if waiting:
            left = sum(step.minutes_left for step in week)
            time = f"{left} minutes" if left < 100 else f"{left / 60:.0f} hours"
            sentences.append(f"Next: {waiting[0]}, in {step.name}. About {time} are left.")
            break
    return sentences


def written(step: Step) -> str:
    """Return how many of a step's written questions have an answer, as text."""
    return f"{sum(step.written.values())} of {len(step.written)} written" if step.written else ""


def as_text(week: list[Step]) -> str:
    """Return the week as text: for each step a line of marks, wrapped if the terminal is narrow."""
    lines = []
    for step in week:
        full = round(BAR * step.done / max(1, step.whole))
        left = f"{step.minutes_left} min left" if step.minutes_left else "done"
        start = f"day {step.day}  {step.name:23} {'█' * full}{'░' * (BAR - full)}  {left:12}  "
        parts = [f"{state} {name}" for name, state in step.exercises.items()] + [written(step)]
        unbroken = [part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts if part]
        words = wrap("  ".join(unbroken), max(30, width() - len(start)))
        lines += [start + words[0], *(" " * len(start) + line for line in words[1:])]
    meanings = "   ".join(f"{state} {words}" for state, words in MEANING.items())
    return "\n".join([*lines, "", meanings, *summary(week)])


def width() -> int:
    """Return the width of the terminal in characters."""
    return get_terminal_size((110, 24)).columns


def as_html(week: list[Step]) -> str:
    """Return the week as an HTML table, in which each mark carries its meaning in words."""
    rows = [
        f"<tr><td>{step.day}</td><th scope='row' style='text-align:left'>{escape(step.name)}</th>"
        f"<td><progress max='{step.whole}' value='{step.done}' style='width:6em' "
        f"aria-label='{step.done} of {step.whole} done'></progress></td>"
        f"<td style='text-align:left'>{exercises(step)}</td><td>{written(step)}</td>"
        f"<td>{step.minutes_left or '–'}</td></tr>"
        for step in week
    ]
    names = ("day", "notebook", "done", "exercises", "answers", "minutes left")
    head = "".join(f"<th scope='col' style='text-align:left'>{name}</th>" for name in names)
    key = " &nbsp; ".join(f"{mark(state)} {words}" for state, words in MEANING.items())
    return (
        f"<p>{'<br>'.join(map(escape, summary(week)))}</p>"
        f"<table><caption style='text-align:left'>{key}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def exercises(step: Step) -> str:
    """Return the exercises of a step as HTML, each with its mark."""
    return "<br>".join(f"{mark(state)} {escape(name)}" for name, state in step.exercises.items())


def mark(state: str) -> str:
    """Return a mark as HTML, in its colour and with its meaning for screen readers."""
    style = f"color:{COLOR[state]};font-weight:bold"
    return f"<span role='img' aria-label='{MEANING[state]}' style='{style}'>{state}</span>"
