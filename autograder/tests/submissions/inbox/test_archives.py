"""Zips of students: zips in zips, and zips that are made to do harm."""

import io
import struct
import zipfile
from pathlib import Path

import pytest

from autograder.submissions.inbox import archives, files
from autograder.submissions.inbox.uploads import Upload
from autograder.submissions.intake import collect
from autograder.tests.gradebook.small_course import STEP
from autograder.tests.submissions.inbox_files import NOTEBOOK, concerned, put_file, zip_bytes


def test_zip_in_a_zip_is_read_and_a_third_level_is_refused(tmp_path: Path, course: Path) -> None:
    inner = zip_bytes({f"{STEP}.ipynb": NOTEBOOK})
    put_file(tmp_path, "ada.zip", zip_bytes({"again.zip": inner}))
    source = put_file(tmp_path, "bob.zip", zip_bytes({"a.zip": zip_bytes({"b.zip": inner})}))
    records = {record.student: record for record in collect(source, course)}
    assert records["ada"].taken and records["ada"].file == f"again.zip/{STEP}.ipynb"
    assert records["bob"].reason == "is a zip in a zip in a zip; pack it once."


def test_total_size_of_nested_zips_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_FILE_BYTES", 5_000)
    blanks = zip_bytes({f"{number}.ipynb": b" " * 4_000 for number in range(10)})
    bomb = zip_bytes({f"{number}.zip": blanks for number in range(10)})
    monkeypatch.setattr(files, "MAX_TOTAL_BYTES", 20_000)
    contents = [
        content for _, content in archives.files_of_zip(io.BytesIO(bomb), "bomb.zip", files.ByteBudget())
    ]
    sizes = [len(content) for content in contents if isinstance(content, bytes)]
    assert sum(sizes) <= 20_000 and len(sizes) < 6
    assert all("larger than" in str(content) for content in contents if not isinstance(content, bytes))


def test_total_size_of_a_folder_with_zips_is_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_TOTAL_BYTES", 20_000)
    for number in range(10):
        put_file(tmp_path, f"ada/{number}.zip", zip_bytes({f"{number}.ipynb": b" " * 4_000}))
        put_file(tmp_path, f"ada/{number}.ipynb", b" " * 4_000)
    contents = [content for _, content in Upload(tmp_path / "inbox" / "ada").files(files.ByteBudget())]
    assert sum(len(content) for content in contents if isinstance(content, bytes)) <= 20_000
    assert "larger than" in str(contents[-1])


def test_member_that_is_larger_than_its_stated_size_is_refused(tmp_path: Path, course: Path) -> None:
    """The directory states 10 bytes; there are a hundred million."""
    honest = zip_bytes({f"{STEP}.ipynb": b" " * 100_000_000})
    lying = honest.replace(struct.pack("<I", 100_000_000), struct.pack("<I", 10))
    assert lying != honest
    [record] = collect(put_file(tmp_path, "ada.zip", lying), course)
    assert not record.taken and record.needs_review


def test_zip_with_thousands_of_names_for_one_member_is_refused() -> None:
    """A bomb that is not nested."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{STEP}.ipynb", b" " * 1_000_000)
        archive.filelist *= 6_000
    content = io.BytesIO(file.getvalue())
    [(_, reason)] = archives.files_of_zip(content, "bomb.zip", files.ByteBudget())
    assert "more than 5000 files" in str(reason)


@pytest.mark.parametrize("name", ["a" * 250, "sl\\ash", "new\nline", "\u202eipynb", "ünï", "..", "-rf"])
def test_odd_folder_names_in_a_zip_change_nothing_outside_of_the_submission(
    tmp_path: Path, course: Path, name: str
) -> None:
    source = put_file(tmp_path, "ada.zip", zip_bytes({f"{name}/{STEP}.ipynb": NOTEBOOK, "b.txt": "x"}))
    [record] = concerned(collect(source, course))
    assert record.taken == (name != "..") and record.file.isprintable()
    assert sorted(path.name for path in course.iterdir() if path.name != ".grading") == sorted(
        ["release", "intake.json", *(["submitted"] if record.taken else [])]
    )


def test_encrypted_zip_is_refused(tmp_path: Path, course: Path) -> None:
    raw = bytearray(zip_bytes({f"{STEP}.ipynb": NOTEBOOK}))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # where each header has its flags
        raw[raw.index(signature) + flags] |= 1  # encrypted
    [record] = collect(put_file(tmp_path, "ada.zip", bytes(raw)), course)
    assert not record.taken and "cannot be read from the zip" in record.reason


@pytest.mark.parametrize("name", ["week 1: boxes.ipynb", "a: b/c: d.ipynb", "C:x.ipynb", "12:30.ipynb"])
@pytest.mark.parametrize("is_zipped", [False, True])
def test_name_with_a_colon_is_an_ordinary_one(
    tmp_path: Path, course: Path, name: str, is_zipped: bool
) -> None:
    """As people give it on Linux and macOS; a drive of Windows is no part of it."""
    if is_zipped:
        inbox = put_file(tmp_path, "ada.zip", zip_bytes({name: NOTEBOOK}))
    else:
        inbox = put_file(tmp_path, f"ada/{name}", NOTEBOOK.encode())
    [record] = collect(inbox, course)
    assert record.taken and record.file == name
