"""One inbox with the exports of four platforms in all layouts, and a hundred odd entries."""

import io
import random
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from markupsafe import escape

from autograder.reports.class_report import write_class_report
from autograder.reports.intake_table import open_rows, rows_of
from autograder.reports.results import read_results
from autograder.submissions.intake import collect, preview
from autograder.tests.gradebook.small_course import STEP, make_course
from autograder.tests.submissions.inbox.test_exports import EXPORTS
from autograder.tests.submissions.inbox_files import (
    NOTEBOOK,
    fill_inbox,
    outcomes,
    taken_files,
    zip_bytes,
)

pytestmark = pytest.mark.slow
GOOD = NOTEBOOK.encode()
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
OTHER_ENDINGS = (
    *(
        "html",
        "htm",
        "mhtml",
        "pdf",
        "py",
        "md",
        "docx",
        "odt",
        "rtf",
        "png",
        "jpg",
        "rar",
        "7z",
        "tar.gz",
    ),
    *("icloud", "gdoc", "url", "lnk", "part"),
)
# What is odd about a file in a student's folder: its name, and its content.
ODD_FILES: dict[str, tuple[str, bytes]] = {
    "cut": (f"{STEP}.ipynb", GOOD[:200]),
    "empty": (f"{STEP}.ipynb", b""),
    "zeros": (f"{STEP}.ipynb", b"\0" * 100),
    "page": (f"{STEP}.ipynb", b"<!DOCTYPE html>"),
    "pdf inside": (f"{STEP}.ipynb", b"%PDF-1.4"),
    "zip inside": (f"{STEP}.ipynb", zip_bytes({"a": "b"})),
    "rar inside": (f"{STEP}.ipynb", b"Rar!\x1a"),
    "gzip inside": (f"{STEP}.ipynb", b"\x1f\x8b"),
    "rtf inside": (f"{STEP}.ipynb", b"{\\rtf1"),
    "lfs": (f"{STEP}.ipynb", LFS),
    "alias": (f"{STEP}.ipynb", b"book\0\0\0\0mark"),
    "shortcut inside": (f"{STEP}.ipynb", b"[InternetShortcut]"),
    "merge": (f"{STEP}.ipynb", b'{\n<<<<<<< HEAD\n"a": 1\n=======\n>>>>>>> b\n'),
    "latin": (f"{STEP}.ipynb", NOTEBOOK.replace("A step", "Ein Schritt für").encode("latin-1")),
    "list": (f"{STEP}.ipynb", b"[]"),
    "number": (f"{STEP}.ipynb", b"1" * 5000),
    "deep": (f"{STEP}.ipynb", b"[" * 5000),
    "old format": (f"{STEP}.ipynb", b'{"nbformat": 3, "worksheets": []}'),
    "no cells": (f"{STEP}.ipynb", b'{"nbformat": 4, "cells": []}'),
    "foreign": ("my work.ipynb", b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "1"}]}'),
    "foreign named": (
        f"{STEP}.ipynb",
        b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "1"}]}',
    ),
    **{f"as {ending}": (f"{STEP}.{ending}", b"x") for ending in OTHER_ENDINGS},
}
TAKEN_FILES: dict[str, tuple[str, bytes]] = {
    "bom": (f"{STEP}.ipynb", b"\xef\xbb\xbf" + GOOD),
    "utf-16": (f"{STEP}.ipynb", NOTEBOOK.encode("utf-16")),
    "nan": (f"{STEP}.ipynb", NOTEBOOK.replace('"outputs": []', '"outputs": [NaN]').encode()),
    "txt": (f"{STEP}.ipynb.txt", GOOD),
    "json": (f"{STEP}.json", GOOD),
    "no ending": (STEP, GOOD),
    "capitals": (f"{STEP.upper()}.IPYNB", GOOD),
    "other name": ("homework.ipynb", GOOD),
    "deep in folders": (f"a/b/c/d/{STEP}.ipynb", GOOD),
    "beside rubbish": (f"__MACOSX/._{STEP}.ipynb", b"\0\5"),
    "zip that is none": (f"{STEP}.ipynb.zip", GOOD),
}
NAMES = (
    "李小龍",
    "Zoë",
    "o'neill",
    "=1+1",
    "a" * 120,
    "-rf",
    "x y  z",
    "%s{0}",
    "<b>",
    "new\nline",
    "🙂",
    "CON",
)


def entries() -> tuple[dict[str, str | bytes], set[str]]:
    """Return the files of over a hundred people, each with something odd, and whose answers are there."""
    files: dict[str, str | bytes] = {}
    for number, (what, (name, content)) in enumerate(ODD_FILES.items()):
        files[f"odd {number} {what}/{name}"] = content
        files[f"packed {number} {what}.zip"] = zip_bytes({name: content})
    for what, (name, content) in TAKEN_FILES.items():
        files[f"good {what}/{name}"] = content
    files[f"good beside rubbish/{STEP}.ipynb"] = GOOD
    files |= {f"{name}/{STEP}.ipynb": GOOD for name in NAMES}
    good = {f"good {what}" for what in TAKEN_FILES} | set(NAMES)
    files |= {
        "broken.zip": b"PK\3\4",
        "none.zip": zip_bytes({}),
        "bob.rar": b"Rar!",
        "cut.zip": zip_bytes({"a": "b"})[:-9],
    }
    files |= {
        "loose.ipynb": GOOD,
        f"{STEP}.ipynb": GOOD,
        "late.html": b"<html>",
        "grades.csv": b"a,b",
        ".DS_Store": b"x",
    }
    return files, good


def exports() -> dict[str, str | bytes]:
    """Return the exports in all layouts: as zips, packed again, unpacked into folders and loosely."""
    files: dict[str, str | bytes] = {}
    for layout, content in EXPORTS.items():
        files[f"{layout}.zip"] = zip_bytes(content)
        files[f"{layout} again.zip"] = zip_bytes({"inner.zip": zip_bytes(content)})
        files |= {f"unpacked {layout}/{name}": data for name, data in content.items()}
        files |= {f"{name}": data for name, data in content.items()}
    return files


def leaves(files: dict[str, str | bytes], path: str = "") -> set[str]:
    """Return the paths of all files, and of all that lies in zips."""
    found = set()
    for name, content in files.items():
        found.add(path + name)
        if isinstance(content, bytes) and zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                inner: dict[str, str | bytes] = {n: archive.read(n) for n in archive.namelist()}
            found |= leaves(inner, f"{path}{name}/")
    return found


def owner_of_path(path: str) -> str:
    """Return the entry of the inbox that a path lies in."""
    return path.partition("/")[0]


@pytest.fixture
def graded(tmp_path: Path) -> tuple[Path, Path]:
    """An inbox with everything, and a course."""
    odd, _ = entries()
    files = odd | exports()
    assert len({owner_of_path(path) for path in odd}) > 100
    return fill_inbox(tmp_path, files), make_course(tmp_path / "course")


def test_every_file_is_accounted_for_and_no_student_is_made_up(graded: tuple[Path, Path]) -> None:
    inbox, course = graded
    odd, good = entries()
    records = collect(inbox, course)
    paths = Counter(record.path for record in records if record.path)
    known = leaves(odd | exports())
    assert set(paths) <= known and set(paths.values()) == {1}
    covered = {path for path in known if path in paths or any(path.startswith(f"{p}/") for p in paths)}
    opened = {path for path in known if any(p.startswith(f"{path}/") for p in paths)}
    assert covered | opened == known
    # Whoever has a record is called like an entry of the inbox, or like a folder of a platform's.
    by_student = {record.student: owner_of_path(record.path) for record in records if record.path}
    for student, entry in by_student.items():
        assert not student or not entry.startswith(("unpacked", *EXPORTS)), (student, entry)
    taken = taken_files(records)
    people = {by_student[student] for student in taken}
    assert people == good
    odd_entries = {entry for entry in map(owner_of_path, odd) if entry.startswith(("odd", "packed"))}
    assert not odd_entries & people
    told = {owner_of_path(record.path) for record in records if record.needs_review}
    assert odd_entries <= told, odd_entries - told


def test_console_report_and_dry_run_agree(graded: tuple[Path, Path]) -> None:
    inbox, course = graded
    said = rows_of(preview(inbox, course))
    records = collect(inbox, course)
    assert said == rows_of(records)
    page = write_class_report(read_results(course)).read_text(encoding="utf-8")
    person = page[page.index('id="person"') : page.index('id="alike"')]
    console = open_rows(records)
    assert len(console) > 100
    for row in console:
        assert str(escape(row.reason)) in person, row
    waiting = {record.student for record in records if record.needs_review and record.student}
    for student in waiting:
        assert str(escape(student)) in person, student
    ignored = {record.path for record in records if record.outcome == "ignored" and not record.step}
    assert not [path for path in ignored if f"{path} is" in person]


@pytest.mark.parametrize("platform", ["canvas", "moodle", "blackboard", "brightspace"])
def test_platform_that_is_said_takes_its_own_students_alone(
    graded: tuple[Path, Path], platform: str
) -> None:
    inbox, course = graded
    students = set(taken_files(collect(inbox, course, platform=platform)))
    letters = {
        "canvas": {"l", "m", "d", "a"},
        "moodle": {"A", "Z"},
        "blackboard": {"a", "z"},
        "brightspace": {"A", "Z"},
    }
    assert 2 <= len(students) <= 7 and {student[0] for student in students} <= letters[platform]


def test_order_of_an_inbox_does_not_matter(
    graded: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, course = graded
    first = outcomes(preview(inbox, course))
    listed = list(inbox.iterdir())
    random.Random(3).shuffle(listed)
    monkeypatch.setattr(Path, "iterdir", lambda self: iter(listed))
    assert outcomes(preview(inbox, course)) == first
