"""Execute the solutions into notebooks with outputs, for those who compare, and time their cells."""

from datetime import datetime
from html import escape
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode, v4

from autograder.authoring.sources import KERNEL, all_steps, read_source
from autograder.workspace.paths import SOLUTIONS
from detrlab.study.notebooks import HEADER

WIDGET = "application/vnd.jupyter.widget-view+json"


def execute_all(only: list[str] | None = None, target: Path = SOLUTIONS) -> list[Path]:
    """Execute the source notebooks and write them with their outputs; print how long each took."""
    written = []
    for step in only or all_steps():
        notebook = read_source(step)
        client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": SOLUTIONS}})
        # Without a front end's answers to widgets: sent while a reply is due, they may make nbclient miss
        # it until the timeout. What a widget draws at first becomes the cell's own output.
        client.comm_open_handlers = {}
        client.execute()
        print(report(step, notebook))
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)  # times of day would differ at each build
            if cell.cell_type == "code":
                cell.outputs = [keep for output in cell.outputs for keep in lasting(output)]
        notebook.metadata = NotebookNode(KERNEL)
        written.append(target / f"{step}.ipynb")
        nbformat.write(notebook, written[-1])
    return written


def lasting(output: NotebookNode) -> list[NotebookNode]:
    """Return what of an output still shows something where no kernel runs; a figure also in words.

    A page made of a stored notebook gives a PNG no alt text, and may drop the HTML that has one.
    """
    data = output.get("data", {})
    if WIDGET in data:
        return []
    if "image/png" not in data:
        return [output]
    data.pop("text/html", None)  # the same picture once more
    alt = output.metadata["image/png"]["alt"]
    fold = f"<details><summary>This figure in words</summary>\n\n{escape(alt)}\n</details>"
    return [output, v4.new_output("display_data", data={"text/html": fold, "text/plain": alt})]


def report(step: str, notebook: NotebookNode) -> str:
    """Say how long a notebook ran; ValueError where that is more than the minutes it states."""
    head = HEADER.search(notebook.cells[0].source)
    if head is None:
        raise ValueError(f"{step}: its first cell does not state day and minutes.")
    stated, ran = int(head["minutes"]), seconds(notebook)
    words = f"{step:23} {stated:3} minutes stated, cells run {sum(ran):4.0f} s, "
    words += f"the longest {max(ran, default=0.0):3.0f} s"
    if sum(ran) > 60 * stated:
        raise ValueError(f"{words}: longer than stated.")
    return words


def seconds(notebook: NotebookNode) -> list[float]:
    """Return how long each code cell ran, from the times that nbclient notes while it executes."""
    ran = []
    for cell in notebook.cells:
        times = cell.metadata.get("execution", {})
        if "iopub.status.busy" in times and "iopub.status.idle" in times:
            begin, end = (datetime.fromisoformat(times[f"iopub.status.{at}"]) for at in ("busy", "idle"))
            ran.append((end - begin).total_seconds())
    return ran
