"""Files as students submit them, for the tests of intake to put into an inbox."""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from autograder.submissions.record import IntakeRecord
from autograder.tests.gradebook.small_course import STUB, answered, source_notebook

RIGHT = "def layer(x):\n    return x"
OTHER = "def layer(x):\n    return 0 + x"
NOTEBOOK = json.dumps(
    answered(source_notebook(), todo_layer=RIGHT, todo_stack=STUB.replace("layer", "stack"))
)


def yes(*_: str) -> bool:
    """Say of whatever is asked about that it is the export of the class."""
    return True


def zip_bytes(members: Mapping[str, str | bytes]) -> bytes:
    """Return the bytes of a zip with these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def put_file(tmp_path: Path, name: str, content: bytes) -> Path:
    """Write a file into the inbox in a folder; return the inbox."""
    path = tmp_path / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return tmp_path / "inbox"


def concerned(records: Iterable[IntakeRecord]) -> list[IntakeRecord]:
    """Return the records without those of files that are no concern of grading."""
    return [record for record in records if record.outcome != "ignored" or record.step]


def taken_files(records: Iterable[IntakeRecord]) -> dict[str, str]:
    """Return the file that was taken of each student."""
    return {record.student: record.file for record in records if record.taken}


OTHER_STEP = "00_set_prediction"
Outcomes = dict[str, tuple[str, str, str]]  # outcome, student and reason, by path


def other_notebook(answer: str = "") -> str:
    """Return the notebook of another step, with its answer or the stub of its TODO."""
    names = [("layer", "boxes"), ("stack", "giou"), ("why", "which"), ("A step", "Set prediction")]
    text = json.dumps(answered(source_notebook(), todo_layer=answer or STUB, todo_stack=STUB))
    for old, new in names:
        text = text.replace(old, new)
    return text


def fill_inbox(tmp_path: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into the inbox in a folder; return the inbox."""
    for name, content in files.items():
        put_file(tmp_path, name, content.encode() if isinstance(content, str) else content)
    return tmp_path / "inbox"


def outcomes(records: Iterable[IntakeRecord]) -> Outcomes:
    """Return what became of each file."""
    return {r.path: (r.outcome.value, r.student, r.reason) for r in records if r.path}
