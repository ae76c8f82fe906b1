"""What one student submits costs a bounded amount of work, and what was left out is named."""

import io
import json
import struct
import zipfile
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from autograder.submissions.inbox.archives import files_of_zip, names_in_inner_zips, names_in_zip
from autograder.submissions.inbox.files import ByteBudget, Ignored, OtherKind, at_most
from autograder.submissions.inbox.kinds import environments_of, is_model, is_readable, why_rubbish
from autograder.submissions.intake import collect
from autograder.submissions.limits import (
    LONGEST_CODE,
    LONGEST_TEXT,
    MAX_CODE,
    MAX_COLOURS,
    MAX_NAMES,
    MAX_OUTPUTS,
    MAX_STUDENT_FILES,
    MAX_TEXT,
)
from autograder.submissions.notebook_json import UnreadableFile, is_bounded, is_left_out, parse_notebook
from autograder.submissions.outputs import OutputBudget
from autograder.submissions.rebuild import rebuild
from autograder.tests.gradebook.small_course import STEP, answered, find_cell
from autograder.tests.submissions.inbox_files import RIGHT
from detrlab.cells.ipython import without_commands


def notebook_of(*cells: tuple[str, str]) -> bytes:
    """Return the file of a notebook with these cells: their types and sources."""
    made = [{"cell_type": kind, "metadata": {}, "source": source} for kind, source in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": made}).encode()


def sources_of(data: bytes) -> list[str]:
    """Return the sources of a notebook file as they are read."""
    return [cell["source"] for cell in parse_notebook(data)["cells"]]


def zip_of(*names: str) -> bytes:
    """Return a zip of empty files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, b"")
    return packed.getvalue()


def reason_of(data: bytes) -> str:
    """Return why a zip is not read."""
    [(_, reason)] = files_of_zip(io.BytesIO(data), "a.zip", ByteBudget())
    assert isinstance(reason, UnreadableFile)
    return str(reason)


def test_code_cell_that_is_too_long_is_left_out_and_others_stay() -> None:
    long, short = sources_of(notebook_of(("code", "a;" * LONGEST_CODE), ("code", "a = 1")))
    assert is_left_out(long) and "200,000 characters" in long and short == "a = 1"


def test_text_that_is_too_long_is_cut_off_with_a_note() -> None:
    [text] = sources_of(notebook_of(("markdown", "![" * LONGEST_TEXT)))
    assert len(text) <= LONGEST_TEXT and text.endswith("all together 200,000.)**")


def test_cells_of_a_notebook_are_bounded_together_and_notes_stay_the_same() -> None:
    many = [("code", "b" * 90_000)] * 20 + [("markdown", "c" * 19_000)] * 30 + [("code", "d = 1")]
    notebook = parse_notebook(notebook_of(*many))
    sizes = {kind: 0 for kind in ("code", "markdown")}
    for cell in notebook["cells"]:
        sizes[cell["cell_type"]] += len(cell["source"])
    assert sizes["code"] <= MAX_CODE + 20 * 200 and sizes["markdown"] <= MAX_TEXT + 30 * 200
    assert sum(map(is_bounded, notebook["cells"])) == 17 + 20
    assert parse_notebook(json.dumps(notebook).encode()) == notebook


def test_json_of_many_small_values_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json, "loads", None)
    for part in ("[],", "{},", '"",', '"a":{},'):
        with pytest.raises(UnreadableFile, match="more values than any notebook needs"):
            parse_notebook(f'{{"nbformat": 4, "x": [{part * 1_600_000}'.encode())


def test_log_of_many_lines_is_read() -> None:
    output = {"output_type": "stream", "name": "stdout", "text": ["step 1, loss 0.1\n"] * 300_000}
    data = json.loads(notebook_of(("code", "a")))
    data["cells"][0]["outputs"] = [output]
    assert len(parse_notebook(json.dumps(data).encode())["cells"]) == 1


def test_outputs_and_empty_pictures_are_counted() -> None:
    budget = OutputBudget()
    outputs = budget.copy([{"output_type": "stream", "text": ""}] * 5_000)
    assert len(outputs) == MAX_OUTPUTS + 1 and "left out" in outputs[-1]["text"]
    pictures = {f"{number}.png": {"image/png": ""} for number in range(5_000)}
    assert len(OutputBudget().pictures([pictures])) == MAX_OUTPUTS


def test_colours_are_kept_where_they_are_few_and_short() -> None:
    few, many = "\x1b[1;31mred\x1b[0m", "\x1b[31ma\x1b[0m" * MAX_COLOURS
    long, number = few + "a" * 200_000, "\x1b[" + "1;" * 100_000 + "m"
    texts = [{"output_type": "stream", "text": text} for text in (few, many, long, number)]
    kept = [output["text"] for output in OutputBudget().copy(texts)]
    assert kept[0] == few and ["\x1b" in text for text in kept[1:]] == [False] * 3
    assert kept[1] == "a" * MAX_COLOURS and kept[2].startswith("red")


def test_zip_with_a_long_directory_is_refused_wherever_it_is_opened(tmp_path: Path) -> None:
    data = zip_of(*(f"{number:x}" for number in range(MAX_NAMES + 1)))
    assert reason_of(data) == f"holds more than {MAX_NAMES:,} files"
    # Its last record may say that there is one file.
    end = data.rindex(b"PK\5\6")
    assert "files" in reason_of(data[: end + 8] + struct.pack("<2H", 1, 1) + data[end + 12 :])
    assert names_in_zip(io.BytesIO(data)) == []
    with zipfile.ZipFile(tmp_path / "outer.zip", "w", zipfile.ZIP_DEFLATED) as outer:
        outer.writestr("inner.zip", data)
    assert names_in_inner_zips(tmp_path / "outer.zip") == {"inner.zip": []}


@pytest.mark.parametrize("name", ["a" * 256, "a/" * 600, "03_encoder" * 100])
def test_zip_with_a_name_that_no_disk_has_is_refused(name: str) -> None:
    assert "a longer name than a disk allows" in reason_of(zip_of(f"{name}.ipynb"))


def test_zip_with_a_long_extra_field_is_refused() -> None:
    """The library that reads zips copies the rest of such a field for each four bytes of it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        member = zipfile.ZipInfo("a.ipynb")
        member.extra = b"\1\2\0\0" * 10_000
        archive.writestr(member, b"")
    assert "pack it again" in reason_of(packed.getvalue())


def test_files_in_one_of_many_environments_are_rubbish() -> None:
    names = [f"e{number}/pyvenv.cfg" for number in range(100)]
    environments = environments_of(names)
    assert why_rubbish("e7/lib/03_encoder.ipynb", environments) and not why_rubbish("e/7", environments)


def test_names_of_notebooks_and_models_are_told_as_before() -> None:
    read = ("03_encoder.ipynb", "a.ipynb.txt", "03_encoder.json", "x 03_encoder (1)", "b.zip")
    assert all(map(is_readable, (*read, "toy_detr (2).safetensors", "a_Toy_Detr.safetensors.txt")))
    assert not any(
        map(is_readable, ("03_encoder.png", "a.json", "03_encoder.foo.json", "detr.safetensors"))
    )
    assert is_model("ada_1_2_toy_detr-1.safetensors") and not is_model("safetensors.toy_detr")


def test_one_students_files_are_at_most_so_many_and_the_next_is_named() -> None:
    ignored, other = ("a", Ignored("")), ("b", OtherKind(""))
    files = [*[ignored] * 2_000, *[other] * 2_000, *[("c", b"")] * 20_000]
    taken = list(at_most(iter(files)))
    assert taken.count(ignored) == 2_000 and taken.count(other) == MAX_STUDENT_FILES
    assert len(taken) == 2_000 + 2 * MAX_STUDENT_FILES + 1
    assert "not looked at" in str(taken[-1][1])


def test_magics_are_transformed_in_linear_work(monkeypatch: pytest.MonkeyPatch) -> None:
    given, transform = [], TransformerManager.do_one_token_transform

    def counted(self: TransformerManager, lines: list[str]) -> tuple[bool, list[str]]:
        given.append(sum(map(len, lines)))
        return transform(self, lines)

    monkeypatch.setattr(TransformerManager, "do_one_token_transform", counted)
    for line in ("%a\n", "x = !ls (\n", "a?\n", "%a [\n"):
        given.clear()
        source = line * 500
        without_commands(source)
        assert sum(given) <= 20 * len(source), line


def test_many_added_cells_stay_in_their_places(release: dict) -> None:
    submitted = answered(release, todo_layer=RIGHT)
    added = [{"cell_type": "code", "metadata": {}, "source": f"a{n} = {n}"} for n in range(1_000)]
    submitted["cells"] = [cell for old in submitted["cells"] for cell in (old, *added[:100])]
    result = rebuild(submitted, release)
    assert len(result["cells"]) == len(release["cells"]) * 101
    assert find_cell(result, "todo_layer")["source"] == RIGHT


def test_submission_with_a_long_cell_is_taken_and_a_person_looks(
    course: Path, release: dict, tmp_path: Path
) -> None:
    submitted = answered(release, todo_layer=RIGHT)
    submitted["cells"].append({"cell_type": "code", "metadata": {}, "source": "a;" * LONGEST_CODE})
    for student, notebook in {"ada": submitted, "bob": answered(release, todo_layer=RIGHT)}.items():
        (tmp_path / "inbox" / student).mkdir(parents=True)
        (tmp_path / "inbox" / student / f"{STEP}.ipynb").write_text(json.dumps(notebook))
    ada, bob = sorted(collect(tmp_path / "inbox", course), key=lambda record: record.student)
    assert ada.taken and ada.needs_review and "left out or cut off" in ada.reason
    assert bob.taken and not bob.needs_review
