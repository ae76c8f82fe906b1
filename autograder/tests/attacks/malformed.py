"""Damaged, odd and hostile notebooks: functions that hand one in, and what has to come of it.

Each gets the folder of its student and the release of a step with one exercise answered rightly.
`damage` says whether it then gets full marks for it, no points, or is refused with which words.
"""

import json
from collections.abc import Callable
from pathlib import Path

from autograder.submissions.rebuild import Cell, Notebook, grade_id

STEP, EXERCISE = "00_set_prediction", "box_cxcywh_to_xyxy"
FILE = f"{STEP}.ipynb"
FULL, ZERO, REFUSED = "full", "0", "refused"
SCRIPT = "<script>document.title='attacked'</script><img src=x onerror=alert(1)>"
WRONG = f"def {EXERCISE}(boxes):\n    return boxes"

DAMAGES: dict[str, tuple[Callable[[Path, Notebook], None], str, str]] = {}


def damage(expected: str, message: str = "") -> Callable:
    """Register a function that hands something in, under its own name."""

    def register(function: Callable) -> Callable:
        DAMAGES[function.__name__] = (function, expected, message)
        return function

    return register


def save(folder: Path, notebook: Notebook, name: str = FILE) -> None:
    """Write a notebook into a student's folder."""
    (folder / name).write_text(json.dumps(notebook), encoding="utf-8")


def cell_of(notebook: Notebook, name: str) -> Cell:
    """Return the cell of this grade_id."""
    return next(cell for cell in notebook["cells"] if grade_id(cell) == name)


def raw(name: str, content: bytes, message: str) -> None:
    """Register a file that has exactly this content."""

    def write(folder: Path, _: Notebook) -> None:
        (folder / FILE).write_bytes(content)

    write.__name__ = name
    damage(REFUSED, message)(write)


raw("empty", b"", "is empty")
raw("nbformat_3", b'{"nbformat": 3, "nbformat_minor": 0, "worksheets": [], "metadata": {}}', "format 3")
raw("nbformat_99", b'{"nbformat": 99, "cells": []}', "format 99")
raw("no_cells", b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}', "has no cells")
raw("bad_utf8", b'{"nbformat": 4, "cells": ["\xff\xfe\xff"]}', "is not UTF-8")
raw("not_a_notebook", b"%PDF-1.7 my homework", "is damaged")
raw(
    "deep_nesting",
    b'{"nbformat": 4, "cells": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "nested too deeply",
)
raw("deep_metadata", b'{"nbformat": 4, "cells": [{"metadata": ' + b'{"a":' * 60 + b"1" + b"}" * 62, "")
raw("million_cells", b'{"nbformat": 4, "cells": [' + b"{}," * 1_000_000 + b"{}]}", "more than 2000 cells")
raw("long_number", b'{"nbformat": 4, "cells": [{"x": ' + b"9" * 100_000 + b"}]}", "")


@damage(REFUSED, "cut off")
def truncated(folder: Path, notebook: Notebook) -> None:
    """Cut a file off in the middle."""
    (folder / FILE).write_text(json.dumps(notebook)[:-4000], encoding="utf-8")


@damage(REFUSED, "larger than")
def outputs_of_150_mb(folder: Path, notebook: Notebook) -> None:
    """Print for a long time."""
    flood = {"output_type": "stream", "name": "stdout", "text": "x" * 150_000_000}
    cell_of(notebook, f"todo_{EXERCISE}")["outputs"] = [flood]
    save(folder, notebook)


@damage(FULL)
def outputs_of_20_mb(folder: Path, notebook: Notebook) -> None:
    """Print for a while, and draw large pictures."""
    flood = {"output_type": "stream", "name": "stderr", "text": "x\n" * 5_000_000}
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 10_000_000}, "metadata": {}}
    cell_of(notebook, f"todo_{EXERCISE}")["outputs"] = [picture, flood]
    save(folder, notebook)


@damage(FULL)
def duplicate_ids(folder: Path, notebook: Notebook) -> None:
    """Give every cell the same id, and copy an untouched TODO below the answer."""
    for cell in notebook["cells"]:
        cell["id"] = "same"
    save(folder, notebook)


@damage(FULL)
def check_cells_copied(folder: Path, notebook: Notebook) -> None:
    """Copy the graded cell many times, each with more points."""
    check = cell_of(notebook, f"tests_{EXERCISE}")
    for number in range(20):
        points = check["metadata"]["nbgrader"] | {"points": 100 * number}
        notebook["cells"].append(check | {"metadata": {"nbgrader": points}, "id": f"copy-{number}"})
    save(folder, notebook)


@damage(FULL)
def check_cells_deleted(folder: Path, notebook: Notebook) -> None:
    """Delete every graded cell."""
    notebook["cells"] = [c for c in notebook["cells"] if not grade_id(c).startswith("tests_")]
    save(folder, notebook)


@damage(FULL)
def points_edited(folder: Path, notebook: Notebook) -> None:
    """Ask for a thousand points, and for negative and fractional ones."""
    for cell, points in zip(notebook["cells"], [1000, -5, 1e308, "9", None] * 100, strict=False):
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["points"] = points
    save(folder, notebook)


@damage(FULL)
def check_as_text(folder: Path, notebook: Notebook) -> None:
    """Turn the graded cell into text."""
    check = cell_of(notebook, f"tests_{EXERCISE}")
    check["cell_type"] = "markdown"
    check.pop("outputs", None)
    save(folder, notebook)


@damage(ZERO)
def check_emptied(folder: Path, notebook: Notebook) -> None:
    """Hand in a wrong answer with a check that checks nothing, tagged to be skipped."""
    cell_of(notebook, f"todo_{EXERCISE}")["source"] = WRONG
    check = cell_of(notebook, f"tests_{EXERCISE}")
    check["source"] = "pass"
    check["metadata"]["tags"] = ["skip-execution", "raises-exception", "remove-cell"]
    save(folder, notebook)


@damage(ZERO)
def outputs_forged(folder: Path, notebook: Notebook) -> None:
    """Hand in a wrong answer with the outputs of a right one."""
    cell_of(notebook, f"todo_{EXERCISE}")["source"] = WRONG
    check = cell_of(notebook, f"tests_{EXERCISE}")
    check["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": f"✓ {EXERCISE}\n"},
        {"output_type": "execute_result", "data": {"text/plain": "2.0"}, "metadata": {}},
    ]
    check["execution_count"] = 7
    save(folder, notebook)


@damage(ZERO)
def names_swapped(folder: Path, notebook: Notebook) -> None:
    """Call the TODO a check and the check a TODO, both ungraded."""
    todo, check = cell_of(notebook, f"todo_{EXERCISE}"), cell_of(notebook, f"tests_{EXERCISE}")
    todo["source"] = WRONG
    todo["metadata"], check["metadata"] = check["metadata"], todo["metadata"]
    for cell in (todo, check):
        cell["metadata"]["nbgrader"] |= {"grade": False, "locked": False, "schema_version": 99}
    save(folder, notebook)


@damage(ZERO)
def setup_rewritten(folder: Path, notebook: Notebook) -> None:
    """Hide an attack in the given cells, which are locked."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and not grade_id(cell).startswith(("todo_", "tests_")):
            cell["source"] = f"{cell['source']}\nimport torch\ntorch.allclose = lambda *_, **__: True"
    cell_of(notebook, f"todo_{EXERCISE}")["source"] = WRONG
    save(folder, notebook)


@damage(FULL)
def renamed(folder: Path, notebook: Notebook) -> None:
    """Give the file a name of its own."""
    save(folder, notebook, "my homework (final) (2).ipynb")


@damage(FULL)
def wrong_kernel(folder: Path, notebook: Notebook) -> None:
    """Say that it is written for another language, whose kernel is a command."""
    kernel = {"name": "ir", "language": "R", "display_name": "R", "argv": ["/bin/sh", "-c", "true"]}
    save(folder, notebook | {"metadata": {"kernelspec": kernel, "language_info": {"name": "R"}}})


@damage(FULL)
def saved_by_colab(folder: Path, notebook: Notebook) -> None:
    """Save as Colab does: ids in the metadata, one text per cell, its own fields, format 4.0."""
    cells = []
    for number, cell in enumerate(notebook["cells"]):
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        metadata = cell["metadata"] | {
            "id": f"Zx{number}q",
            "colab": {"base_uri": "https://localhost:80/"},
        }
        cells.append({name: cell[name] for name in cell if name != "id"} | {"source": source})
        cells[-1]["metadata"] = metadata
    colab = {"colab": {"provenance": [], "gpuType": "T4"}, "accelerator": "GPU"}
    save(folder, {"nbformat": 4, "nbformat_minor": 0, "metadata": colab, "cells": cells})


@damage(FULL)
def metadata_stripped(folder: Path, notebook: Notebook) -> None:
    """Save without any metadata, ids or outputs, as some editors and tools do."""
    cells = [{"cell_type": c["cell_type"], "source": c["source"]} for c in notebook["cells"]]
    save(folder, {"nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": cells})


@damage(FULL)
def byte_order_mark(folder: Path, notebook: Notebook) -> None:
    """Save as Windows editors do."""
    text = json.dumps(notebook, indent=1).replace("\n", "\r\n")
    (folder / FILE).write_bytes(b"\xef\xbb\xbf" + text.encode())


@damage(FULL)
def half_of_a_character(folder: Path, notebook: Notebook) -> None:
    """Hold text that no file can hold: half of an emoji, control characters, a null byte."""
    cell_of(notebook, f"todo_{EXERCISE}")["source"] += "\n# \ud83d \x1b[31m \u202e"
    notebook["cells"].insert(0, {"cell_type": "markdown", "source": "\ud83d \x00 \x08", "metadata": {}})
    save(folder, notebook)


@damage(FULL)
def cells_of_no_shape(folder: Path, notebook: Notebook) -> None:
    """Put cells between the others that are none."""
    notebook["cells"][1:1] = [
        {},
        {"cell_type": 7},
        {"source": {"a": 1}},
        {"cell_type": "code", "outputs": 3},
    ]
    notebook["cells"] += [{"cell_type": "raw", "source": "x"}, {"metadata": {"nbgrader": [1]}, "id": []}]
    save(folder, notebook)


@damage(FULL)
def script_in_text(folder: Path, notebook: Notebook) -> None:
    """Put scripts into text, outputs, attachments and an answer's comment."""
    notebook["cells"].append({"cell_type": "markdown", "source": SCRIPT, "metadata": {}, "id": "script"})
    todo = cell_of(notebook, f"todo_{EXERCISE}")
    todo["source"] += f"\n# {SCRIPT}"
    page = {"text/html": SCRIPT, "image/svg+xml": f"<svg onload=alert(1)>{SCRIPT}</svg>"}
    page |= {"application/javascript": "alert(1)", "text/markdown": f"[x](javascript:alert(1)) {SCRIPT}"}
    todo["outputs"] = [{"output_type": "display_data", "data": page, "metadata": {}}]
    save(folder, notebook)
