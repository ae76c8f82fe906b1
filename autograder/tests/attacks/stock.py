"""Count how many of these attacks succeed where the hidden checks run in the learner's own process.

    python -m autograder.tests.attacks.stock

That is how nbgrader grades by itself: every cell of the notebook, hidden checks included, is run in one
kernel, and scored by its outputs. Here IPython's shell stands for the kernel, in a child of this process,
so that it takes minutes; nbgrader's own `determine_grade` scores what came out. Run by hand, not by the
tests. Attacks that fill memory, disks or process tables are left out: nothing would hold them. The others
run in a sandbox, read-only and without network, in which they see all that a kernel sees.
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
INSIDE = "DETR_STOCK_INSIDE"
Output = dict[str, Any]


class Hook(DisplayHook):
    """Keeps what a cell's last line shows, as a kernel sends it."""

    def __call__(self, result: Any = None) -> None:
        if result is not None:
            shell = InteractiveShell.instance()
            shell.outputs.append(v4.new_output("execute_result", data={"text/plain": repr(result)}))


class Shell(InteractiveShell):
    """Keeps the outputs of a cell as a kernel sends them."""

    displayhook_class = Hook
    outputs: list[Output] = []  # noqa: RUF012 - set anew for each cell

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        self.outputs.append(v4.new_output("error", ename=str(etype), evalue=str(evalue), traceback=stb))


def run(notebook: NotebookNode, path: Path) -> None:
    """Run every code cell, and leave the outputs of the graded ones in a file."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30, 8 * 2**30))
    shell = Shell.instance()
    shell.ast_node_interactivity = "last_expr"
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        shell.outputs = cell.outputs = []
        with tempfile.TemporaryFile("w+") as told, tempfile.TemporaryFile("w+") as warned:
            sys.stdout, sys.stderr = told, warned
            shell.run_cell(cell.source, store_history=True)
            sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
            for name, file in (("stdout", told), ("stderr", warned)):
                file.seek(0)
                if text := file.read():
                    cell.outputs.append(v4.new_output("stream", name=name, text=text))
        cell.outputs = shell.outputs
    path.write_text(json.dumps([cell.outputs for cell in notebook.cells if is_graded(cell)]))


def run_apart(notebook: NotebookNode, path: Path) -> None:
    """Run a notebook where an attack that kills every process does not end the count."""
    ctypes.CDLL(None).unshare(CLONE_NEWPID)
    if not (kernel := os.fork()):
        os.setsid()
        run(notebook, path)
        os._exit(0)
    end = time.monotonic() + 2 * SECONDS
    while os.waitpid(kernel, os.WNOHANG) == (0, 0):
        time.sleep(0.05)
        if time.monotonic() > end:
            os.kill(kernel, signal.SIGKILL)


def is_graded(cell: NotebookNode) -> bool:
    """Say whether nbgrader scores a cell by its outputs."""
    return is_grade(cell) and cell.cell_type == "code"


def notebook_of(attack: Attack) -> NotebookNode:
    """Return the instructor's notebook with an attack in it, and every other TODO open, without demos."""
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


def points(attack: Attack) -> float | None:
    """Return the points that an attack gets, None where it broke the grading of its notebook."""
    notebook = notebook_of(attack)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "outputs.json")
        if not (child := os.fork()):
            try:
                run_apart(notebook, path)
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
    """Run every attack but the greedy ones, and print what each got."""
    attacks = [a for a in read_attacks() if not a.student.startswith(LEFT_OUT) and not a.full_marks]
    for exercise in {attack.exercise for attack in attacks}:
        reference(exercise)  # imported once, here
    found = {}
    for attack in attacks:
        found[attack] = total = points(attack)
        print(f"{'broke off' if total is None else f'{total:g} points':12}{attack.student}", flush=True)
    gained = sum(bool(total) for total in found.values())
    broken = sum(total is None for total in found.values())
    print(f"{len(found)} attacks: {gained} gained points, {broken} broke the grading of their notebook.")


if __name__ == "__main__":
    if os.environ.get(INSIDE):
        main()
    else:
        sandbox = ["bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev"]
        sandbox += [
            "--proc",
            "/proc",
            "--tmpfs",
            "/tmp",
            "--cap-add",
            "CAP_SYS_ADMIN",
            "--setenv",
            "HOME",
            "/tmp",
            "--setenv",
            INSIDE,
            "1",
        ]
        module = [sys.executable, "-m", "autograder.tests.attacks.stock"]
        raise SystemExit(subprocess.run([*sandbox, *module], check=False).returncode)
