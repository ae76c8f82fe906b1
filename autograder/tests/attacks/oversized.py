"""Small submissions that cost much where parsing, comparing, unpacking or rendering is not bounded."""

import io
import json
import zipfile
from pathlib import Path
from random import Random

from autograder.submissions.rebuild import Cell, Notebook, grade_id
from autograder.tests.attacks.malformed import (
    EXERCISE,
    FULL_POINTS,
    NO_POINTS,
    REFUSED,
    find_cell,
    malformed,
    save,
    submissions_in,
)

STUB = "raise NotImplementedError\n"


def add(notebook: Notebook, kind: str, source: str, **more: object) -> None:
    """Add a cell at the end of a notebook."""
    outputs = {"outputs": [], "execution_count": None} if kind == "code" else {}
    notebook["cells"].append({"cell_type": kind, "metadata": {}, "source": source} | outputs | more)


def written_answer(notebook: Notebook) -> Cell:
    """Return the cell of the first written answer."""
    return next(cell for cell in notebook["cells"] if grade_id(cell).startswith("written_"))


def zip_of_empty_files(names: list[str]) -> bytes:
    """Return a zip, packed as small as it can be."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_STORED) as archive:
        for name in names:
            archive.writestr(name, b"")
    return inner.getvalue()


@malformed(NO_POINTS)
def statements_without_end(folder: Path, notebook: Notebook) -> None:
    """Write the answer, and 1.2 MB of short statements behind it: each becomes a kilobyte of objects."""
    find_cell(notebook, f"todo_{EXERCISE}")["source"] += "\n" + "a;" * 600_000
    save(folder, notebook)


@malformed(FULL_POINTS)
def long_helper_beside_the_answer(folder: Path, notebook: Notebook) -> None:
    """Add a cell of data that no answer needs."""
    add(notebook, "code", "data = [" + "1, " * 400_000 + "]")
    save(folder, notebook)


@malformed(NO_POINTS)
def magics_without_end(folder: Path, notebook: Notebook) -> None:
    """Add cells of magics, which IPython transforms one at a time, reading all of the cell again."""
    for _ in range(5):
        add(notebook, "code", STUB + "%a\n" * 30_000)
    save(folder, notebook)


@malformed(FULL_POINTS)
def brackets_that_stay_open(folder: Path, notebook: Notebook) -> None:
    """Write an answer for which renderers look for an end again and again."""
    written_answer(notebook)["source"] = "![" * 24_000
    add(notebook, "markdown", "\\\\(" * 16_000)
    add(notebook, "markdown", "|a" * 4000 + "|\n" + "|-" * 4000 + "|\n" + "a\n" * 2000)
    save(folder, notebook)


@malformed(FULL_POINTS)
def cells_shuffled(folder: Path, notebook: Notebook) -> None:
    """Add the demos with their letters in another order: alike by every cheap measure."""
    demos = [cell for cell in notebook["cells"] if "demo" in cell["metadata"].get("tags", [])]
    for number in range(40):
        letters = list(max(("".join(cell["source"]) for cell in demos), key=len) * 3)
        Random(number).shuffle(letters)
        add(notebook, "code", "".join(letters))
    save(folder, notebook)


@malformed(FULL_POINTS)
def colours_without_end(folder: Path, notebook: Notebook) -> None:
    """Print letters of many colours, each of which becomes a tag, and a colour of a million numbers."""
    text = "\x1b[31ma\x1b[0m" * 200_000 + "\x1b[" + "1;" * 500_000 + "m"
    output = {"output_type": "stream", "name": "stdout", "text": text}
    find_cell(notebook, f"todo_{EXERCISE}")["outputs"] = [output]
    save(folder, notebook)


@malformed(FULL_POINTS)
def outputs_and_pictures_without_end(folder: Path, notebook: Notebook) -> None:
    """Print nothing 50,000 times, and attach as many empty pictures."""
    output = {"output_type": "stream", "name": "stdout", "text": ""}
    find_cell(notebook, f"todo_{EXERCISE}")["outputs"] = [output] * 30_000
    pictures = {f"{number}.png": {"image/png": ""} for number in range(30_000)}
    written_answer(notebook).update(source="See there.", attachments=pictures)
    save(folder, notebook)


@malformed(FULL_POINTS)
def picture_shown_a_thousand_times(folder: Path, notebook: Notebook) -> None:
    """Attach one picture of a megabyte, and show it wherever there is room."""
    answer = written_answer(notebook)
    answer["source"] = "![](attachment:a.png)\n" * 900
    answer["attachments"] = {"a.png": {"image/png": "A" * 1_000_000}}
    save(folder, notebook)


@malformed(REFUSED, "more values than")
def lists_without_end(folder: Path, notebook: Notebook) -> None:
    """Hide a million empty lists in the metadata."""
    save(folder, notebook | {"metadata": {"x": [[]] * 1_000_000}})


@malformed(REFUSED, "holds more than")
def directory_of_a_zip(folder: Path, _: Notebook) -> None:
    """Pack a zip whose directory lists more files than there is memory for."""
    names = [f"{number:x}" for number in range(61_000)]
    folder.with_suffix(".zip").write_bytes(zip_of_empty_files(names))


@malformed(REFUSED, "holds more than")
def directory_of_a_zip_in_a_zip(folder: Path, _: Notebook) -> None:
    """Pack it once more, so that it is small."""
    names = [f"{number:x}" for number in range(61_000)]
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("week1.zip", zip_of_empty_files(names))


@malformed(REFUSED, "longer name")
def name_of_a_file_in_a_zip(folder: Path, notebook: Notebook) -> None:
    """Repeat a step's name in a file's name, from which a search begins each time."""
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w") as archive:
        archive.writestr("03_encoder" * 6_000 + ".ipynb", json.dumps(notebook))


SUBMISSIONS = submissions_in(globals())
