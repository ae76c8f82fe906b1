"""Other users of the machine cannot read a course; the group can where nbgrader's setting says so."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.gradebook.grade import grade
from autograder.submissions.intake import collect
from autograder.tests.gradebook.small_course import RIGHT, STEP, submit_answers
from autograder.workspace.access import restrict_access
from autograder.workspace.course import open_course
from autograder.workspace.files import write_json
from autograder.workspace.run_lock import hold_course
from autograder.workspace.secret_seed import secret_seed

pytestmark = pytest.mark.xdist_group("workspace")  # tests that share a course run in one process
OTHERS = stat.S_IRWXO
SHARED = "c.CourseDirectory.groupshared = True\n"


@pytest.fixture
def open_mask() -> Iterator[None]:
    """The mask of most machines, under which new files are readable by all."""
    earlier = os.umask(0o022)
    yield
    os.umask(earlier)


def modes(course: Path) -> dict[str, int]:
    """Return the modes of a course's folder and of what this package keeps in it."""
    paths = [course, *course.glob("*.*"), *course.glob("judged/**/*"), *course.glob("verdicts/**/*")]
    return {str(path.relative_to(course)): stat.S_IMODE(path.stat().st_mode) for path in paths}


def opened(course: Path) -> Path:
    """Open a course to everybody, as version 1.0 left it."""
    for path in [course, *course.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return course


def sentences(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was said of who could read a course."""
    return [record.getMessage() for record in caplog.records if record.name.endswith("workspace.access")]


@pytest.fixture
def graded(course: Path, open_mask: None) -> Path:
    grade(course, students=["ada", "bea"])
    return course


def test_graded_course_is_open_to_its_owner_alone(graded: Path) -> None:
    found = modes(graded)
    assert {"gradebook.db", "secret_seed.txt", "intake.json", f"verdicts/ada/{STEP}.json"} <= found.keys()
    assert not {name: oct(mode) for name, mode in found.items() if mode & 0o077}
    assert found["."] == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_reads_nothing_of_a_course(graded: Path) -> None:
    """Neither what is there nor what the next run adds, with the parents open to all."""
    for parent in graded.parents:
        if parent.owner() and parent.stat().st_uid == os.geteuid() and "pytest" in str(parent):
            parent.chmod(0o755)
    script = (
        "import os, sys; os.setgid(65534); os.setuid(65534); root = sys.argv[1]\n"
        "for name in ('', 'secret_seed.txt', 'gradebook.db', 'verdicts', 'judged', 'report.html'):\n"
        "    try:\n"
        "        path = os.path.join(root, name)\n"
        "        os.listdir(path) if os.path.isdir(path) else open(path).close()\n"
        "        print('read', name)\n"
        "    except OSError: pass\n"
    )
    command = [sys.executable, "-I", "-c", script, str(graded)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == ""


def test_open_course_of_an_earlier_version_is_closed_with_a_sentence(graded: Path, caplog) -> None:
    opened(graded)
    with hold_course(graded):
        pass
    [sentence] = sentences(caplog)
    assert "could be read by other users" in sentence and "delete secret_seed.txt" in sentence
    assert not {name: oct(mode) for name, mode in modes(graded).items() if mode & 0o077}
    caplog.clear()
    open_course(graded)
    assert not sentences(caplog)


def test_file_put_back_from_a_backup_is_closed_in_the_next_run(graded: Path, caplog) -> None:
    for name in ("secret_seed.txt", "gradebook.db", "intake.json"):
        (graded / name).chmod(0o644)
    (graded / "verdicts").chmod(0o755)
    (graded / "verdicts" / "ada" / f"{STEP}.json").chmod(0o666)
    open_course(graded)
    assert not {name: oct(mode) for name, mode in modes(graded).items() if mode & 0o077}
    assert not sentences(caplog), "the folder itself was closed all the time"


def test_shared_course_is_open_to_its_group(course: Path, open_mask: None, caplog) -> None:
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(SHARED)
    grade(course, students=["ada"])
    assert not {name: oct(mode) for name, mode in modes(course).items() if mode & OTHERS}
    found = modes(course)
    assert found["."] & 0o770 == 0o770 and found["verdicts/ada"] & 0o070 == 0o070
    for name in ("gradebook.db", "secret_seed.txt", "intake.json", f"verdicts/ada/{STEP}.json"):
        assert found[name] == 0o660, name


def test_link_in_a_course_is_not_followed(graded: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "mine.txt"
    elsewhere.write_text("x")
    elsewhere.chmod(0o644)
    for place in (graded, graded / "verdicts"):
        (place / "link.json").symlink_to(elsewhere)
    opened_verdicts = graded / "verdicts"
    opened_verdicts.chmod(0o755)
    restrict_access(graded, groupshared=False)
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o644
    assert stat.S_IMODE(opened_verdicts.stat().st_mode) == 0o700


def test_course_that_cannot_be_closed_is_named(graded: Path, monkeypatch, caplog) -> None:
    """As on a disk of another system, or where somebody else owns the folder."""
    graded.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", lambda *_: None)
    restrict_access(graded, groupshared=False)
    assert "its permissions cannot be changed here" in caplog.text


def test_files_and_folders_are_open_to_whom_the_first_folder_is(tmp_path: Path, open_mask: None) -> None:
    for mode in (0o700, 0o770, 0o755):
        top = tmp_path / oct(mode)
        top.mkdir()
        top.chmod(mode)
        write_json(top / "a" / "b" / "c.json", {})
        assert stat.S_IMODE((top / "a" / "b").stat().st_mode) == mode
        assert stat.S_IMODE((top / "a" / "b" / "c.json").stat().st_mode) == mode & 0o666
        secret_seed(top)
        assert stat.S_IMODE((top / "secret_seed.txt").stat().st_mode) == mode & 0o666


def test_new_submission_in_an_open_course_is_taken_in_and_the_course_closed(
    course: Path, open_mask: None
) -> None:
    """Intake is the first step of a run."""
    opened(course)
    collect(submit_answers(course, "zoe", **RIGHT), course)
    assert stat.S_IMODE(course.stat().st_mode) == 0o700
    shutil.rmtree(course / "submitted" / "zoe")
