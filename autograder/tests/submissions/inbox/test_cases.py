"""Inboxes as people fill them, and what must become of each file: one row for each."""

import json
from pathlib import Path

import pytest

from autograder.submissions.intake import collect
from autograder.tests.gradebook.small_course import STEP, STUB, answered, source_notebook
from autograder.tests.submissions.inbox_files import (
    NOTEBOOK,
    OTHER_STEP,
    Outcomes,
    fill_inbox,
    other_notebook,
    outcomes,
    yes,
    zip_bytes,
)

PAGE = b"<!DOCTYPE html>\n<html><body>Home page</body></html>"
UNWRITTEN = {
    "todo_layer": STUB,
    "todo_stack": STUB.replace("layer", "stack"),
    "written_why": "YOUR ANSWER HERE",
}
BLANK = json.dumps(answered(source_notebook(), **UNWRITTEN))
FULLER = json.dumps(
    answered(source_notebook(), todo_layer="def layer(x):\n    return x", written_why="So.")
)
OTHER = other_notebook("def boxes(x):\n    return x")
ADA, EMMY = "lovelaceada_45", "noetheremmy_46"

# Files by path; the outcome, the student, and words of the reason where it is not taken.
CASES: dict[str, tuple[dict[str, str | bytes], Outcomes]] = {
    "NaN in an output": (
        {f"ada/{STEP}.ipynb": NOTEBOOK.replace('"outputs": []', '"outputs": [NaN]', 1)},
        {f"ada/{STEP}.ipynb": ("taken", "ada", "")},
    ),
    "infinities and a byte order mark": (
        {
            f"ada/{STEP}.ipynb": "\ufeff"
            + NOTEBOOK.replace('"outputs": []', '"outputs": [-Infinity, Infinity]')
        },
        {f"ada/{STEP}.ipynb": ("taken", "ada", "")},
    ),
    "UTF-16": (
        {f"ada/{STEP}.ipynb": NOTEBOOK.encode("utf-16")},
        {f"ada/{STEP}.ipynb": ("taken", "ada", "")},
    ),
    "NaN in metadata": (
        {f"ada/{STEP}.ipynb": NOTEBOOK.replace('"metadata": {}', '"metadata": {"a": NaN}')},
        {f"ada/{STEP}.ipynb": ("taken", "ada", "")},
    ),
}
for name, content, words in (
    ("page", PAGE, "web page (HTML)"),
    ("page behind blanks", b"\xef\xbb\xbf\r\n  " + PAGE, "web page (HTML)"),
    ("XML of a feed", b'<?xml version="1.0"?><feed/>', "web page (HTML)"),
    ("login page in capitals", b"<HTML><HEAD>Sign in</HEAD></HTML>", "web page (HTML)"),
    ("PDF", b"%PDF-1.7 ...", "is a PDF"),
    ("zip", zip_bytes({"x": "y"}), "a zip under another name"),
    ("gzip", b"\x1f\x8b\x08\x00", "a gzip archive under another name"),
    (
        "pointer of Git LFS",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n",
        "a pointer of Git",
    ),
    ("Windows shortcut", b"L\0\0\0\x01\x14\x02\0\0\0", "a shortcut to a file"),
    ("shortcut to an address", b"[InternetShortcut]\r\nURL=https://x.org", "shortcut to a web address"),
    ("alias of a Mac", b"book\0\0\0\0mark\0\0\0\0", "an alias of a file"),
    ("stand-in of OneDrive", b"", "is empty; where a cloud keeps the file"),
    ("zeros of a disk that was full", b"\0" * 5000, "is empty"),
    ("half a file", NOTEBOOK[:-100].encode(), "cut off"),
):
    path = f"ada/{STEP}.ipynb"
    CASES[f"{name} saved as .ipynb"] = {path: content}, {path: ("refused", "ada", words)}
for ending, words in (
    ("html", "web page"),
    ("HTM", "web page"),
    ("ipynb.html", "web page"),
    ("pdf", "a PDF"),
    ("py", "a Python script"),
    ("docx", "a text document"),
    ("md", "a text document"),
    ("webarchive", "web page"),
    ("png", "is no notebook"),
    ("ipynb.icloud", "stands for a file that lies elsewhere (iCloud)"),
    ("gdoc", "Google Drive"),
    ("ipynb.url", "a web address"),
    ("webloc", "a web address"),
    ("ipynb.lnk", "a shortcut"),
    ("ipynb.crdownload", "download that has not ended"),
    ("tar.gz", "archive that cannot be opened"),
    ("7z", "archive that cannot be opened"),
):
    CASES[f"a step as .{ending} beside a good one"] = (
        {f"ada/{OTHER_STEP}.ipynb": OTHER, f"ada/{STEP}.{ending}": b"x"},
        {
            f"ada/{OTHER_STEP}.ipynb": ("taken", "ada", ""),
            f"ada/{STEP}.{ending}": ("refused", "ada", words),
        },
    )
for ending in (
    ".ipynb.txt",
    ".ipynb.json",
    ".ipynb.bin",
    ".json",
    ".txt",
    "",
    ".IPYNB",
    ".ipynb.md",
    ".ipynb.zip",
):
    CASES[f"a notebook with the ending {ending or 'of none'}"] = (
        {f"ada/{STEP}{ending}": NOTEBOOK},
        {f"ada/{STEP}{ending}": ("taken", "ada", "")},
    )
for second in (
    f"{STEP}-Copy1",
    f"{STEP} (1)",
    f"{STEP} - Kopie",
    f"{STEP}_final",
    "week1/old",
    f"Copy of {STEP}",
):
    CASES[f"a blank beside answers in {second}"] = (
        {f"ada/{STEP}.ipynb": BLANK, f"ada/{second}.ipynb": NOTEBOOK},
        {
            f"ada/{STEP}.ipynb": ("ignored", "ada", "holds more answers"),
            f"ada/{second}.ipynb": ("taken", "ada", ""),
        },
    )
    CASES[f"other answers in {second}"] = (
        {f"ada/{STEP}.ipynb": FULLER, f"ada/{second}.ipynb": NOTEBOOK},
        {
            f"ada/{STEP}.ipynb": ("taken", "ada", ""),
            f"ada/{second}.ipynb": ("question", "ada", "holds more answers"),
        },
    )
for archive in ("rar", "7z", "tar", "tar.gz", "tgz", "zipx", "tar.xz", "RAR"):
    CASES[f".{archive} of a student, and in a folder"] = (
        {f"ada/week1.{archive}": b"Rar!", f"bob.{archive}": b"Rar!"},
        {
            f"ada/week1.{archive}": ("refused", "ada", "pack the notebooks as a zip"),
            f"bob.{archive}": ("refused", "bob", "pack the notebooks as a zip"),
        },
    )


@pytest.mark.parametrize("case", CASES)
def test_every_file_of_a_student_has_its_outcome(tmp_path: Path, course: Path, case: str) -> None:
    files, expected = CASES[case]
    fill_inbox(tmp_path, files)
    found = outcomes(collect(tmp_path / "inbox", course))
    assert found.keys() == expected.keys()
    for path, (outcome, student, words) in expected.items():
        assert found[path][:2] == (outcome, student), found
        assert words in found[path][2], found


def canvas(number: int, step: str, content: str) -> dict[str, str]:
    """Return the files of two students as Canvas names them."""
    return {
        f"{ADA}_{number}_{step}.ipynb": content,
        f"noetheremmy_LATE_46_{number + 1}_{step}.ipynb": content,
    }


INNER = zip_bytes(canvas(678, STEP, NOTEBOOK))
CLASSES: dict[str, dict[str, str | bytes]] = {
    "two zips": {"0.zip": zip_bytes(canvas(578, OTHER_STEP, OTHER)), "3.zip": INNER},
    "two zips that are called like steps": {
        f"{OTHER_STEP}.zip": zip_bytes(canvas(578, OTHER_STEP, OTHER)),
        f"{STEP}.zip": INNER,
    },
    "two zips of one student each": {
        "0.zip": zip_bytes({f"{ADA}_578_{STEP}.ipynb": NOTEBOOK}),
        "3.zip": zip_bytes({f"{EMMY}_579_{STEP}.ipynb": NOTEBOOK}),
    },
    "packed again with a folder": {
        "s.zip": zip_bytes(
            {f"submissions/{name}": text for name, text in canvas(678, STEP, NOTEBOOK).items()}
        )
    },
    "packed again as a zip": {"s.zip": zip_bytes({"submissions.zip": INNER})},
    "packed again with a Mac's copies": {
        "s.zip": zip_bytes(
            {f"submissions/{name}": text for name, text in canvas(678, STEP, NOTEBOOK).items()}
            | {f"__MACOSX/submissions/._{ADA}_678_{STEP}.ipynb": b"\0\5"}
        )
    },
    "two zips in one": {
        "s.zip": zip_bytes({"a.zip": INNER, "b.zip": zip_bytes(canvas(578, OTHER_STEP, OTHER))})
    },
    "two zips in a folder": {
        "week1/a.zip": INNER,
        "week1/b.zip": zip_bytes(canvas(578, OTHER_STEP, OTHER)),
    },
    "unpacked": dict(canvas(678, STEP, NOTEBOOK)),
    "unpacked into a folder": {f"s/{name}": text for name, text in canvas(678, STEP, NOTEBOOK).items()},
    "unpacked into two folders": {
        **{f"week/a/{name}": text for name, text in canvas(678, STEP, NOTEBOOK).items()},
        **{f"week/b/{name}": text for name, text in canvas(578, OTHER_STEP, OTHER).items()},
    },
    "unpacked beside the zip": {"s.zip": INNER, **canvas(678, STEP, NOTEBOOK)},
    "zips of students": {
        "s.zip": zip_bytes(
            {
                f"{ADA}_678_week1.zip": zip_bytes({f"{STEP}.ipynb": NOTEBOOK}),
                f"{EMMY}_679_week1.zip": zip_bytes({f"week1/{STEP}.ipynb": NOTEBOOK}),
            }
        )
    },
}


@pytest.mark.parametrize("case", CLASSES)
@pytest.mark.parametrize("is_said", [True, False])
def test_export_of_canvas_gives_its_students_and_no_others(
    tmp_path: Path, course: Path, case: str, is_said: bool
) -> None:
    """Whether it is said to be one, or asked about; nobody is asked about files of one person."""
    fill_inbox(tmp_path, CLASSES[case])
    if is_said:
        records = collect(tmp_path / "inbox", course, platform="canvas")
    else:
        records = collect(tmp_path / "inbox", course, may_split=yes)
    if case == "two zips of one student each" and not is_said:
        assert {record.student for record in records} == {"0", "3"}
        return
    assert {record.student for record in records if record.outcome != "ignored"} == {ADA, EMMY}
    assert not any(record.needs_review for record in records)
