"""Execute the solutions into notebooks with outputs, for self-learners, and time their cells."""

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
    """Execute the source notebooks and write them with their outputs; print how long each took.

    Args:
        only: the steps; all by default.
        target: the folder to write to.

    Returns:
        the paths of the notebooks.

    Raises:
        ValueError: if a notebook takes longer than the minutes that it states, or states none.
    """
    written = []
    for step in only or all_steps():
        notebook = read_source(step)
        client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": SOLUTIONS}})
        # Do not answer widgets as a front end does: such messages may make nbclient miss a reply until
        # its timeout. A widget's first drawing becomes the output of its cell.
        client.comm_open_handlers = {}
        client.execute()
        print(report(step, notebook))
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)  # times of day, which differ at each build
            if cell.cell_type == "code":
                cell.outputs = [kept for output in cell.outputs for kept in lasting_outputs(output)]
        notebook.metadata = NotebookNode(KERNEL)
        written.append(target / f"{step}.ipynb")
        nbformat.write(notebook, written[-1])
    return written


def lasting_outputs(output: NotebookNode) -> list[NotebookNode]:
    """Return the outputs that replace one in a stored notebook, which has no kernel.

    Widgets are dropped. A figure gets its alt text as a further output: pages rendered from a stored
    notebook give a PNG no alt text, and may drop HTML that has one.
    """
    data = output.get("data", {})
    if WIDGET in data:
        return []
    if "image/png" not in data:
        return [output]
    data.pop("text/html", None)  # the same picture
    alt = output.metadata["image/png"]["alt"]
    fold = f"<details><summary>This figure in words</summary>\n\n{escape(alt)}\n</details>"
    return [output, v4.new_output("display_data", data={"text/html": fold, "text/plain": alt})]


def report(step: str, notebook: NotebookNode) -> str:
    """Return a line on how long the cells of an executed notebook ran.

    Raises:
        ValueError: if that is longer than the minutes that its first cell states, or it states none.
    """
    head = HEADER.search(notebook.cells[0].source)
    if head is None:
        raise ValueError(f"{step}: its first cell does not state day and minutes.")
    stated, durations = int(head["minutes"]), cell_seconds(notebook)
    line = f"{step:23} {stated:3} minutes stated, cells run {sum(durations):4.0f} s, "
    line += f"the longest {max(durations, default=0.0):3.0f} s"
    if sum(durations) > 60 * stated:
        raise ValueError(f"{line}: longer than stated.")
    return line


def cell_seconds(notebook: NotebookNode) -> list[float]:
    """Return how many seconds each code cell ran, from the times that nbclient records."""
    durations = []
    for cell in notebook.cells:
        times = cell.metadata.get("execution", {})
        if "iopub.status.busy" in times and "iopub.status.idle" in times:
            begin, end = (datetime.fromisoformat(times[f"iopub.status.{at}"]) for at in ("busy", "idle"))
            durations.append((end - begin).total_seconds())
    return durations
