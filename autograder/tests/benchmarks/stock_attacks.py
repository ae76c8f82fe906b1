"""Count how many attacks succeed where the hidden checks run in the learner's own process.

    python -m autograder.tests.benchmarks.stock_attacks

That is nbgrader's own way of grading: one kernel runs every cell of the notebook, hidden checks included,
and each check is scored by its outputs. Here IPython's shell takes the place of the kernel, in a child of
this process, so that the count takes minutes; nbgrader's `determine_grade` scores the outputs. Attacks
that fill memory, disks or process tables are left out, since nothing would limit them. The others run in
a sandbox, read-only and without network, in which they see all that a kernel sees.
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode, from_dict, v4
from nbgrader.utils import determine_grade, is_grade

from autograder.authoring.exercises import step_of
from autograder.authoring.sources import read_source
from autograder.hidden.reference import reference
from autograder.tests.attacks.files import Attack, read_attacks

SECONDS = 20
LEFT_OUT = ("resources-", "exits-goes_on_twice")
CLONE_NEWPID = 0x20000000
INSIDE = "DETR_STOCK_INSIDE"  # set in the sandbox
SANDBOX = (
    "bwrap --unshare-all --die-with-parent --ro-bind / / --dev /dev --proc /proc --tmpfs /tmp "
    f"--cap-add CAP_SYS_ADMIN --setenv HOME /tmp --setenv {INSIDE} 1"
).split()
Output = dict[str, Any]


class Hook(DisplayHook):
    """Keeps the value of a cell's last line as the output that a kernel sends."""

    def __call__(self, result: Any = None) -> None:
        if result is not None:
            shell = InteractiveShell.instance()
            shell.outputs.append(v4.new_output("execute_result", data={"text/plain": repr(result)}))


class Shell(InteractiveShell):
    """Keeps the outputs of a cell as a kernel sends them; `outputs` is set for each cell."""

    displayhook_class = Hook
    outputs: list[Output]

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        self.outputs.append(v4.new_output("error", ename=str(etype), evalue=str(evalue), traceback=stb))


def run_cells(notebook: NotebookNode, path: Path) -> None:
    """Run every code cell, and write the outputs of the graded ones to a file."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, 8 * 2**30))
    shell = Shell.instance()
    shell.ast_node_interactivity = "last_expr"
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        shell.outputs = cell.outputs = []
        with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
            sys.stdout, sys.stderr = stdout, stderr
            shell.run_cell(cell.source, store_history=True)
            sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
            for name, file in (("stdout", stdout), ("stderr", stderr)):
                file.seek(0)
                if text := file.read():
                    cell.outputs.append(v4.new_output("stream", name=name, text=text))
        cell.outputs = shell.outputs
    path.write_text(json.dumps([cell.outputs for cell in notebook.cells if is_graded(cell)]))


def run_in_pid_namespace(notebook: NotebookNode, path: Path) -> None:
    """Run a notebook where an attack that kills every process does not end the count."""
    ctypes.CDLL(None).unshare(CLONE_NEWPID)
    if not (kernel := os.fork()):
        os.setsid()
        run_cells(notebook, path)
        os._exit(0)
    end = time.monotonic() + 2 * SECONDS
    while os.waitpid(kernel, os.WNOHANG) == (0, 0):
        time.sleep(0.05)
        if time.monotonic() > end:
            os.kill(kernel, signal.SIGKILL)


def is_graded(cell: NotebookNode) -> bool:
    """Return whether nbgrader scores a cell by its outputs."""
    return is_grade(cell) and cell.cell_type == "code"


def make_notebook(attack: Attack) -> NotebookNode:
    """Return the instructor's notebook with an attack in it, every other TODO open, without demos."""
    step, _ = step_of(attack.exercise)
    notebook = read_source(step)
    cells = []
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if name == f"todo_{attack.exercise}":
            cell.source = attack.source
        elif name.startswith("todo_"):
            cell.source = "raise NotImplementedError"
        if name.startswith(("todo_", "tests_", "locked_")):
            cells.append(cell)
    notebook.cells = cells
    return notebook


def count_points(attack: Attack) -> float | None:
    """Return the points that an attack gets, None where it stopped the grading of its notebook."""
    notebook = make_notebook(attack)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "outputs.json")
        if not (child := os.fork()):
            try:
                run_in_pid_namespace(notebook, path)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        if not path.is_file():
            return None
        graded = [cell for cell in notebook.cells if is_graded(cell)]
        total = 0.0
        for cell, outputs in zip(graded, json.loads(path.read_text()), strict=True):
            cell.outputs = from_dict(outputs)
            try:
                total += determine_grade(cell)[0] or 0.0
            except ValueError:  # nbgrader aborts
                return None
        return total


def main() -> None:
    """Run the attacks, and print the points of each."""
    attacks = [a for a in read_attacks() if not a.student.startswith(LEFT_OUT) and not a.full_points]
    for exercise in {attack.exercise for attack in attacks}:
        reference(exercise)  # imported once, before the children start
    totals = []
    for attack in attacks:
        total = count_points(attack)
        totals.append(total)
        print(f"{'stopped' if total is None else f'{total:g} points':12}{attack.student}", flush=True)
    gained, stopped = sum(map(bool, totals)), totals.count(None)
    print(
        f"{len(totals)} attacks: {gained} gained points, {stopped} stopped the grading of their notebook."
    )


if __name__ == "__main__":
    if os.environ.get(INSIDE):
        main()
    else:
        module = [sys.executable, "-m", "autograder.tests.benchmarks.stock_attacks"]
        raise SystemExit(subprocess.run([*SANDBOX, *module], check=False).returncode)
