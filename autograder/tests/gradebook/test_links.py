"""Links below the submitted folder lead nowhere: what they point to is neither graded nor copied."""

from pathlib import Path

import pytest

from autograder.gradebook.grade import grade
from autograder.gradebook.grading_run import NOT_JUDGED
from autograder.judging.cache import read_files
from autograder.reports.feedback import write_feedback
from autograder.tests.gradebook.small_course import STEP
from autograder.workspace.course import open_course

pytestmark = pytest.mark.xdist_group("gradebook")  # tests that share courses run in one process

SECRET = "nobody may read this"
FILE = f"{STEP}.ipynb"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A folder with files of somebody else's."""
    folder = tmp_path / "secret"
    folder.mkdir()
    (folder / "notes.txt").write_text(SECRET)
    return folder


def copies_of_secret(course: Path) -> list[Path]:
    """Return the files in which the secret stands, of those that are written when a course is graded."""
    files = (path for name in ("autograded", "feedback") for path in (course / name).rglob("*"))
    return [path for path in files if path.is_file() and SECRET.encode() in path.read_bytes()]


def replace_by_link(path: Path, target: Path) -> None:
    """Put a link in the place of a file or a folder, which moves to the target."""
    if path.exists():
        path.rename(target)
    path.symlink_to(target)


@pytest.mark.parametrize("place", ["student", "step", "notebook", "file", "folder in it", "nowhere"])
def test_submission_with_a_link_is_not_graded_and_nothing_is_copied(
    course: Path, secret: Path, place: str
) -> None:
    """The others are graded; once the link is gone, so is this one."""
    own = course / "submitted" / "bea"
    if place == "student":
        replace_by_link(own, secret / "moved")
    elif place == "step":
        replace_by_link(own / STEP, secret / "moved")
    elif place == "notebook":
        replace_by_link(own / STEP / FILE, secret / "moved")
    else:
        target = {"file": secret / "notes.txt", "folder in it": secret}.get(place, secret / "none")
        (own / STEP / "data").symlink_to(target)
    graded = grade(course)
    [refused] = [step for step in graded if step.problem not in ("", NOT_JUDGED)]
    assert refused.student == "bea" and "is a link, which is not followed" in refused.problem
    assert len(graded) > 1 and not (course / "autograded" / "bea" / STEP).exists()
    assert not read_files(own)
    if place == "file":  # pages take seconds
        write_feedback(course)
    assert not copies_of_secret(course) and not (course / "feedback" / "bea" / STEP).exists()
    if place in ("file", "folder in it", "nowhere"):
        (own / STEP / "data").unlink()
        assert [step.problem for step in grade(course) if step.student == "bea"] == [""]


def test_nbgraders_own_autograde_follows_no_link(course: Path, secret: Path) -> None:
    """It copies what lies beside a notebook before it reads the notebook."""
    (course / "submitted" / "bea" / STEP / "data.txt").symlink_to(secret / "notes.txt")
    result = open_course(course).autograde(STEP, "bea")
    assert not result["success"] and "is a link, which is not followed" in result["log"]
    assert not copies_of_secret(course)


def test_submitted_folder_itself_may_be_a_link(course: Path, tmp_path: Path) -> None:
    """The instructor's, to a larger disk."""
    replace_by_link(course / "submitted", tmp_path / "disk")
    assert {step.problem for step in grade(course)} <= {"", NOT_JUDGED}
