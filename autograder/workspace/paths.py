"""Paths of the repository, and of files in the folder of one course."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AUTOGRADER = ROOT / "autograder"
SOLUTIONS = ROOT / "solutions" / "week1"
NOTEBOOKS = ROOT / "notebooks" / "week1"
DETRLAB = ROOT / "notebooks" / "detrlab"
DATA = ROOT / "data"


def default_course() -> Path:
    """Return the folder that commands work on: DETR_COURSE if it is set, else autograder/course."""
    return Path(os.environ.get("DETR_COURSE") or AUTOGRADER / "course").resolve()


def submitted_notebook_path(course: Path, student: str, step: str) -> Path:
    """Return the path of a student's notebook of a step, as intake has rebuilt it."""
    return course / "submitted" / student / step / f"{step}.ipynb"


def grading_record_path(course: Path, student: str, step: str) -> Path:
    """Return the path of the record of one graded submission (gradebook/record.py)."""
    return course / "verdicts" / student / f"{step}.json"


def intake_records_path(course: Path) -> Path:
    """Return the path of a course's intake records (submissions/record.py)."""
    return course / "intake.json"
