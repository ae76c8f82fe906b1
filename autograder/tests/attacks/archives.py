"""Zips, links and pipes in the place of notebooks."""

import json
import os
import zipfile
from pathlib import Path

from autograder.submissions.rebuild import Notebook
from autograder.tests.attacks.malformed import (
    FILE,
    FULL_POINTS,
    REFUSED,
    STEP,
    malformed,
    save,
    submissions_in,
)


@malformed(REFUSED, "link")
def symbolic_link(folder: Path, _: Notebook) -> None:
    """Link to a file of the machine that grades."""
    (folder / FILE).symlink_to("/etc/passwd")


@malformed(REFUSED, "no ordinary file")
def pipe(folder: Path, _: Notebook) -> None:
    """Submit a pipe, from which reading never ends."""
    os.mkfifo(folder / FILE)


@malformed(REFUSED, "leads out of the zip")
def zip_that_climbs(folder: Path, notebook: Notebook) -> None:
    """Pack paths that lead out of the zip."""
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w") as archive:
        for name in (f"../../{FILE}", f"/tmp/{FILE}", f"C:/{FILE}", f"a/../../{FILE}"):
            archive.writestr(name, json.dumps(notebook))


@malformed(REFUSED, "larger than")
def zip_bomb(folder: Path, _: Notebook) -> None:
    """Pack a gigabyte of spaces into a megabyte."""
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(zipfile.ZipInfo(FILE), "w", force_zip64=True) as member:
            for _ in range(1000):
                member.write(b" " * 1_000_000)


@malformed(FULL_POINTS)
def zip_among_backups(folder: Path, notebook: Notebook) -> None:
    """Pack as operating systems do: in folders, with their own files and backups."""
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w") as archive:
        archive.writestr(f"detr/notebooks/week1/{FILE}", json.dumps(notebook))
        for name in (f"__MACOSX/._{FILE}", f".ipynb_checkpoints/{STEP}-checkpoint.ipynb", ".DS_Store"):
            archive.writestr(f"detr/notebooks/week1/{name}", b"\0\1")


@malformed(FULL_POINTS)
def folders_of_others(folder: Path, notebook: Notebook) -> None:
    """Pack a folder that is called like a student who has submitted."""
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w") as archive:
        archive.writestr(f"b-right/{FILE}", json.dumps(notebook))


@malformed(FULL_POINTS)
def names_of_others(folder: Path, notebook: Notebook) -> None:
    """Name a file as a platform names that of a student who has submitted."""
    own = folder / "b-right_1_assignsubmission_file_"
    own.mkdir()
    save(own, notebook, f"b-right_1_2_{FILE}")


@malformed(FULL_POINTS)
def name_with_a_colon(folder: Path, notebook: Notebook) -> None:
    """Name a file as Linux and macOS allow it."""
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w") as archive:
        archive.writestr("week 1: my work/set: prediction.ipynb", json.dumps(notebook))


SUBMISSIONS = submissions_in(globals())
