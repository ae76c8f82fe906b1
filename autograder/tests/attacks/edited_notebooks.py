"""Notebooks that were edited by hand, by other programs or with hostile intent; all can be read."""

import json
from pathlib import Path

from autograder.submissions.rebuild import Notebook, grade_id
from autograder.tests.attacks.malformed import (
    EXERCISE,
    FILE,
    FULL_POINTS,
    NO_POINTS,
    find_cell,
    malformed,
    save,
    submissions_in,
)

SCRIPT = "<script>document.title='attacked'</script><img src=x onerror=alert(1)>"
WRONG_ANSWER = f"def {EXERCISE}(boxes):\n    return boxes"


@malformed(FULL_POINTS)
def outputs_of_20_mb(folder: Path, notebook: Notebook) -> None:
    """Print for a while, and draw large pictures."""
    flood = {"output_type": "stream", "name": "stderr", "text": "x\n" * 5_000_000}
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 10_000_000}, "metadata": {}}
    find_cell(notebook, f"todo_{EXERCISE}")["outputs"] = [picture, flood]
    save(folder, notebook)


@malformed(FULL_POINTS)
def duplicate_ids(folder: Path, notebook: Notebook) -> None:
    """Give every cell the same id, and copy an untouched TODO below the answer."""
    for cell in notebook["cells"]:
        cell["id"] = "same"
    save(folder, notebook)


@malformed(FULL_POINTS)
def check_cells_copied(folder: Path, notebook: Notebook) -> None:
    """Copy the graded cell many times, each with more points."""
    check = find_cell(notebook, f"tests_{EXERCISE}")
    for number in range(20):
        points = check["metadata"]["nbgrader"] | {"points": 100 * number}
        notebook["cells"].append(check | {"metadata": {"nbgrader": points}, "id": f"copy-{number}"})
    save(folder, notebook)


@malformed(FULL_POINTS)
def check_cells_deleted(folder: Path, notebook: Notebook) -> None:
    """Delete every graded cell."""
    notebook["cells"] = [c for c in notebook["cells"] if not grade_id(c).startswith("tests_")]
    save(folder, notebook)


@malformed(FULL_POINTS)
def points_edited(folder: Path, notebook: Notebook) -> None:
    """Ask for a thousand points, and for negative and malformed numbers of them."""
    for cell, points in zip(notebook["cells"], [1000, -5, 1e308, "9", None] * 100, strict=False):
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["points"] = points
    save(folder, notebook)


@malformed(FULL_POINTS)
def check_as_text(folder: Path, notebook: Notebook) -> None:
    """Turn the graded cell into text."""
    check = find_cell(notebook, f"tests_{EXERCISE}")
    check["cell_type"] = "markdown"
    check.pop("outputs", None)
    save(folder, notebook)


@malformed(NO_POINTS)
def check_emptied(folder: Path, notebook: Notebook) -> None:
    """Submit a wrong answer with a check that checks nothing, tagged to be skipped."""
    find_cell(notebook, f"todo_{EXERCISE}")["source"] = WRONG_ANSWER
    check = find_cell(notebook, f"tests_{EXERCISE}")
    check["source"] = "pass"
    check["metadata"]["tags"] = ["skip-execution", "raises-exception", "remove-cell"]
    save(folder, notebook)


@malformed(NO_POINTS)
def outputs_forged(folder: Path, notebook: Notebook) -> None:
    """Submit a wrong answer with the outputs of a right one."""
    find_cell(notebook, f"todo_{EXERCISE}")["source"] = WRONG_ANSWER
    check = find_cell(notebook, f"tests_{EXERCISE}")
    check["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": f"✓ {EXERCISE}\n"},
        {"output_type": "execute_result", "data": {"text/plain": "2.0"}, "metadata": {}},
    ]
    check["execution_count"] = 7
    save(folder, notebook)


@malformed(NO_POINTS)
def names_swapped(folder: Path, notebook: Notebook) -> None:
    """Swap the metadata of a TODO and its check, and mark both as ungraded."""
    todo, check = find_cell(notebook, f"todo_{EXERCISE}"), find_cell(notebook, f"tests_{EXERCISE}")
    todo["source"] = WRONG_ANSWER
    todo["metadata"], check["metadata"] = check["metadata"], todo["metadata"]
    for cell in (todo, check):
        cell["metadata"]["nbgrader"] |= {"grade": False, "locked": False, "schema_version": 99}
    save(folder, notebook)


@malformed(NO_POINTS)
def setup_rewritten(folder: Path, notebook: Notebook) -> None:
    """Add an attack to the given cells, which nbgrader marks as locked."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and not grade_id(cell).startswith(("todo_", "tests_")):
            cell["source"] = f"{cell['source']}\nimport torch\ntorch.allclose = lambda *_, **__: True"
    find_cell(notebook, f"todo_{EXERCISE}")["source"] = WRONG_ANSWER
    save(folder, notebook)


@malformed(FULL_POINTS)
def renamed(folder: Path, notebook: Notebook) -> None:
    """Give the file a name of its own."""
    save(folder, notebook, "my homework (final) (2).ipynb")


@malformed(FULL_POINTS)
def wrong_kernel(folder: Path, notebook: Notebook) -> None:
    """Name a kernel of another language, which runs a command."""
    kernel = {"name": "ir", "language": "R", "display_name": "R", "argv": ["/bin/sh", "-c", "true"]}
    save(folder, notebook | {"metadata": {"kernelspec": kernel, "language_info": {"name": "R"}}})


@malformed(FULL_POINTS)
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


@malformed(FULL_POINTS)
def metadata_stripped(folder: Path, notebook: Notebook) -> None:
    """Save without any metadata, ids or outputs, as some editors and tools do."""
    cells = [{"cell_type": c["cell_type"], "source": c["source"]} for c in notebook["cells"]]
    save(folder, {"nbformat": 4, "nbformat_minor": 2, "metadata": {}, "cells": cells})


@malformed(FULL_POINTS)
def byte_order_mark(folder: Path, notebook: Notebook) -> None:
    """Save as Windows editors do."""
    text = json.dumps(notebook, indent=1).replace("\n", "\r\n")
    (folder / FILE).write_bytes(b"\xef\xbb\xbf" + text.encode())


@malformed(FULL_POINTS)
def half_of_a_character(folder: Path, notebook: Notebook) -> None:
    """Hold text that no UTF-8 file can hold: half of an emoji, control characters, a null byte."""
    find_cell(notebook, f"todo_{EXERCISE}")["source"] += "\n# \ud83d \x1b[31m \u202e"
    notebook["cells"].insert(0, {"cell_type": "markdown", "source": "\ud83d \x00 \x08", "metadata": {}})
    save(folder, notebook)


@malformed(FULL_POINTS)
def cells_of_no_shape(folder: Path, notebook: Notebook) -> None:
    """Put malformed cells between the others."""
    notebook["cells"][1:1] = [
        {},
        {"cell_type": 7},
        {"source": {"a": 1}},
        {"cell_type": "code", "outputs": 3},
    ]
    notebook["cells"] += [{"cell_type": "raw", "source": "x"}, {"metadata": {"nbgrader": [1]}, "id": []}]
    save(folder, notebook)


@malformed(FULL_POINTS)
def script_in_text(folder: Path, notebook: Notebook) -> None:
    """Put scripts into text, outputs, attachments and an answer's comment."""
    notebook["cells"].append({"cell_type": "markdown", "source": SCRIPT, "metadata": {}, "id": "script"})
    todo = find_cell(notebook, f"todo_{EXERCISE}")
    todo["source"] += f"\n# {SCRIPT}"
    page = {"text/html": SCRIPT, "image/svg+xml": f"<svg onload=alert(1)>{SCRIPT}</svg>"}
    page |= {"application/javascript": "alert(1)", "text/markdown": f"[x](javascript:alert(1)) {SCRIPT}"}
    todo["outputs"] = [{"output_type": "display_data", "data": page, "metadata": {}}]
    save(folder, notebook)


SUBMISSIONS = submissions_in(globals())
