"""Grade honest submissions alone, then in one batch with all attacks."""

import ctypes
import hashlib
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from autograder.authoring.release import make_release
from autograder.gradebook.grade import grade
from autograder.gradebook.grading_run import GradedStep
from autograder.reports.feedback import write_feedback
from autograder.reports.results import read_results
from autograder.submissions.intake import collect
from autograder.submissions.record import IntakeRecord
from autograder.tests.attacks.submitting import Releases, submit_attacks, submit_honest
from autograder.workspace.files import read_json
from autograder.workspace.paths import AUTOGRADER, DATA, DETRLAB, SOLUTIONS, grading_record_path
from detrlab.checkpoint import TRAINED_IN

STEPS = ["00_set_prediction", "01_backbone", "03_encoder", TRAINED_IN, "10_attention"]
CONFIG = 'c = get_config()\nc.WriteVerdicts.judge = "autograder.tests.attacks.quick_judge.judge"\n'
SEED = "340282366920938463463374607431768211297\n"
PR_SET_CHILD_SUBREAPER = 36
FileStates = dict[Path, dict[str, str]]  # fingerprints of files, by folder and path


@dataclass(frozen=True)
class Batch:
    """What came of the batch.

    Args:
        honest_course, course: the courses of the honest students alone, and of all.
        records: of the intake of all.
        graded: what grading all returned.
        before, after: the states of watched files, before and after grading all.
        processes: the command lines of processes that were left over.
        pages: the folder of the feedback pages.
    """

    honest_course: Path
    course: Path
    records: list[IntakeRecord]
    graded: list[GradedStep]
    before: FileStates
    after: FileStates
    processes: list[str]
    pages: Path


def grade_batch(top: Path) -> Batch:
    """Grade the batch in folders below `top`."""
    honest_course, course, inbox = top / "alone", top / "course", top / "inbox"
    releases = make_courses(honest_course, course)
    with pytest.MonkeyPatch.context() as patch:
        for folder in ("home/.ipython", "canary"):
            (top / folder).mkdir(parents=True)
            (top / folder / "here").write_text("as it was")
        patch.setenv("HOME", str(top / "home"))
        patch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        submit_honest(top / "honest", releases)
        collect(top / "honest", honest_course)
        assert not [graded for graded in grade(honest_course, processes=2) if graded.problem]
        submit_honest(inbox, releases)
        submit_attacks(inbox, releases)
        records = collect(inbox, course)
        watched = [top / "home", top / "canary", inbox, honest_course, course / "release"]
        watched += [course / "submitted", DETRLAB, DATA, SOLUTIONS]
        watched += [AUTOGRADER / "hidden", Path(sys.prefix) / "etc"]
        before = {folder: fingerprints(folder) for folder in watched}
        with new_processes() as processes:
            graded = grade(course, processes=2)
        after = {folder: fingerprints(folder) for folder in watched}
        pages = write_feedback(course)
    return Batch(honest_course, course, records, graded, before, after, processes, pages)


def make_courses(honest_course: Path, course: Path) -> Releases:
    """Make two equal courses; return the release notebooks."""
    make_release(honest_course, only=STEPS)
    (honest_course / "nbgrader_config.py").write_text(CONFIG)
    (honest_course / "secret_seed.txt").write_text(SEED)
    shutil.copytree(honest_course, course)
    return {step: read_json(honest_course / "release" / step / f"{step}.ipynb") for step in STEPS}


def fingerprints(folder: Path) -> dict[str, str]:
    """Return a fingerprint of every file in a folder, without what Python itself writes."""
    return {
        str(path): "link" if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@contextmanager
def new_processes() -> Iterator[list[str]]:
    """Yield a list that holds, once the block has ended, the command lines of processes it left over.

    A process whose parent ends inside the block becomes a child of this one, so that none is missed.
    """
    earlier = set(psutil.Process().children(recursive=True))  # of other tests: a browser
    command_lines: list[str] = []
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    yield command_lines
    running = psutil.Process().children(recursive=True)
    new = [process for process in running if not earlier & {process, *process.parents()}]
    _, left = psutil.wait_procs(new, timeout=20)
    command_lines += [" ".join(process.cmdline()) for process in left if is_alive(process)]
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def is_alive(process: psutil.Process) -> bool:
    """Return whether a process still runs: ended ones stay listed until their parent waits for them."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def read_verdict(course: Path, student: str, step: str, exercise: str) -> dict:
    """Return the verdict on a student's answer, from the grading record."""
    return read_json(grading_record_path(course, student, step))["verdicts"][exercise]


def total_points(course: Path) -> dict[str, float]:
    """Return each student's points of all steps, from nbgrader's gradebook."""
    totals: dict[str, float] = {}
    for row in read_results(course).results:
        totals[row.student] = totals.get(row.student, 0.0) + (row.score or 0.0)
    return totals
