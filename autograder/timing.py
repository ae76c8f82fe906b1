"""How long the cells of an executed notebook ran, beside the minutes that its header states."""

from datetime import datetime

from nbformat import NotebookNode

from detrlab.week import HEADER


def seconds(notebook: NotebookNode) -> list[float]:
    """Return how long each code cell ran, from the times that nbclient notes while it executes."""
    ran = []
    for cell in notebook.cells:
        times = cell.metadata.get("execution", {})
        if "iopub.status.busy" in times and "iopub.status.idle" in times:
            begin, end = (datetime.fromisoformat(times[f"iopub.status.{at}"]) for at in ("busy", "idle"))
            ran.append((end - begin).total_seconds())
    return ran


def report(step: str, notebook: NotebookNode) -> str:
    """Say how long a notebook ran; ValueError where that is more than the minutes it states."""
    head = HEADER.search(notebook.cells[0].source)
    if head is None:
        raise ValueError(f"{step}: its first cell does not state day and minutes.")
    stated, ran = int(head["minutes"]), seconds(notebook)
    longest = max(ran, default=0.0)
    words = (
        f"{step:23} {stated:3} minutes stated, cells run {sum(ran):4.0f} s, the longest {longest:3.0f} s"
    )
    if sum(ran) > 60 * stated:
        raise ValueError(f"{words}: longer than stated.")
    return words
