"""A dry run says for every file once what would become of it, and writes nothing."""

import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.__main__ import app
from autograder.reports.intake_table import rows_of
from autograder.submissions.intake import collect, preview
from autograder.tests.gradebook.small_course import STEP
from autograder.tests.submissions.inbox_files import (
    NOTEBOOK,
    OTHER_STEP,
    fill_inbox,
    other_notebook,
    zip_bytes,
)

# Names of folders and zips, and files with their contents: what people and platforms make of them.
FOLDERS = (
    *(
        "ada",
        "Ada",
        "Zoë Müller",
        "Zoe\u0308 Müller",
        "ada (1)",
        "week1",
        STEP,
        ".git",
        "__MACOSX",
        ".venv",
    ),
    *("node_modules", "Feedback Files", "Test Student", "Ada L_1042_assignsubmission_file_", "data"),
    *("Emmy N_1043_assignsubmission_onlinetext_", "1-2 - Ada L - 27 November, 2026 1159 PM", "a.zip"),
)
FILES = {
    f"{STEP}.ipynb": NOTEBOOK,
    f"{STEP} (1).ipynb": NOTEBOOK.replace("return x", "return 2 * x"),
    f"{OTHER_STEP}.ipynb": other_notebook("def boxes(x):\n    return x"),
    f"{STEP}.ipynb.txt": NOTEBOOK,
    f"{STEP}.html": "<html>",
    f"{STEP}.png": "PNG",
    "notes.txt": "notes",
    ".DS_Store": "x",
    "._x.ipynb": "x",
    "scratch.ipynb": '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "1"}]}',
    "cut.ipynb": NOTEBOOK[:50],
    "toy_detr.safetensors": "weights",
    "toy_detr (1).safetensors": "other weights",
    "weights.pt": "weights",
    "work.rar": "Rar!",
    "broken.zip": "PK broken",
    "index.html": "<html>",
    f"lovelaceada_45_678_{STEP}.ipynb": NOTEBOOK,
    f"noetheremmy_LATE_46_679_{STEP}-1.ipynb": NOTEBOOK,
    f"Step 3_alovelace_attempt_2026-11-27-23-59-59_{STEP}.ipynb": NOTEBOOK,
    "Step 3_alovelace_attempt_2026-11-27-23-59-59.txt": "Name: Ada",
    f"Ada L_1042_assignsubmission_file_{STEP}.ipynb": NOTEBOOK,
    "pyvenv.cfg": "home = /usr",
}


def random_tree(draw: random.Random, depth: int = 0) -> dict[str, str | bytes]:
    """Return files by path, of folders and zips in each other; a folder and a zip never share a name."""
    files: dict[str, str | bytes] = {}
    for name in draw.sample(sorted(FILES), draw.randint(depth > 0, 4)):
        files[name] = FILES[name]
    for name in draw.sample(FOLDERS, draw.randint(0, 3) if depth < 3 else 0):
        inner = random_tree(draw, depth + 1)
        if draw.random() < 0.4 and name != "a.zip":
            files[f"{name}.zip"] = zip_bytes(inner)
        else:
            files |= {f"{name}/{path}": content for path, content in inner.items()}
    return files


def leaves(files: dict[str, str | bytes]) -> Iterator[str]:
    """Yield the paths of all files, and below those of zips what they hold."""
    import io
    import zipfile

    for path, content in files.items():
        yield path
        if isinstance(content, bytes):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                inner = {name: archive.read(name) for name in archive.namelist()}
            zips = {
                name: data if name.endswith(".zip") and data[:3] != b"PK " else ""
                for name, data in inner.items()
            }
            yield from (f"{path}/{name}" for name in leaves(zips))


def fingerprints(folder: Path) -> dict[str, str]:
    """Return a fingerprint of each file and its time of change."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() + str(path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**6), platform=st.sampled_from(["", "", "canvas", "moodle", "brightspace"]))
def test_every_file_is_in_exactly_one_row(
    tmp_path_factory: pytest.TempPathFactory, seed: int, platform: str
) -> None:
    """Of a zip that is not opened, itself; of others, all that they hold."""
    top = tmp_path_factory.mktemp("tree")
    files = random_tree(random.Random(seed))
    (top / "inbox").mkdir()
    fill_inbox(top, files)
    before = fingerprints(top)
    paths = [row.path for row in rows_of(preview(top / "inbox", top / "course", platform=platform))]
    assert len(paths) == len(set(paths))
    known = set(leaves(files))
    assert set(paths) <= known
    opened = {path for path in known if any(other.startswith(f"{path}/") for other in paths)}
    for path in known - opened:
        closed = [other for other in paths if path.startswith(f"{other}/")]
        assert (path in paths) + len(closed) == 1, path
    assert not opened & set(paths)
    assert fingerprints(top) == before and not (top / "course").exists()


def test_dry_run_says_what_the_run_then_does(tmp_path: Path, course: Path) -> None:
    for seed in range(20):
        inbox = fill_inbox(
            tmp_path / str(seed), random_tree(random.Random(seed)) | {"bob/x.ipynb": NOTEBOOK}
        )
        before = fingerprints(course)
        said = preview(inbox, course)
        assert fingerprints(course) == before
        assert said == collect(inbox, course)


def test_command_prints_a_list_and_writes_nothing(
    tmp_path: Path, course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    inner = zip_bytes({f"ada/{STEP}.ipynb": NOTEBOOK, "ada/notes.txt": "x", "ada/.DS_Store": "x"})
    inbox = fill_inbox(tmp_path, {"class.zip": inner, f"bob/{STEP}.html": "<html>"})
    monkeypatch.setenv("DETR_COURSE", str(course))
    before = fingerprints(tmp_path)
    with pytest.raises(SystemExit) as end:
        app(["intake", str(inbox), "--dry-run", "--json"])
    rows = {row["path"]: row for row in json.loads(capsys.readouterr().out)}
    assert not end.value.code and fingerprints(tmp_path) == before
    assert {path: row["outcome"] for path, row in rows.items()} == {
        f"class.zip/ada/{STEP}.ipynb": "taken",
        "class.zip/ada/notes.txt": "ignored",
        "class.zip/ada/.DS_Store": "ignored",
        f"bob/{STEP}.html": "refused",
    }
    assert set(rows[f"bob/{STEP}.html"]) == {"path", "student", "step", "outcome", "reason"}
    assert rows[f"class.zip/ada/{STEP}.ipynb"]["step"] == STEP
    assert all(row["reason"] and row["student"] for row in rows.values())
