"""Attacks gain nothing and change nothing: one batch of all of them, among honest submissions.

It goes the way of every submission: intake, rebuilt on the release, a sandbox, nbgrader's gradebook.
"""

import ctypes
import hashlib
import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from autograder.authoring.exercises import exercises_of, step_of
from autograder.authoring.release import make_release
from autograder.gradebook.grade import grade
from autograder.reports.feedback import write_feedback
from autograder.reports.results import read_results
from autograder.submissions.intake import collect
from autograder.submissions.rebuild import Notebook, grade_id
from autograder.tests.attacks import archives, malformed
from autograder.tests.attacks.files import Attack, read_attacks, right_answer, wrong_answer
from autograder.tests.attacks.weights import FILES, MARK
from autograder.workspace.files import read_json
from autograder.workspace.paths import (
    AUTOGRADER,
    ROOT,
    SOLUTIONS,
    grading_record_path,
    intake_records_path,
)
from detrlab.checkpoint import NAME, TRAINED_IN

pytestmark = pytest.mark.xdist_group("attacks")  # one process, so that what they share is made once

ATTACKS = read_attacks()
DAMAGES = malformed.DAMAGES | archives.DAMAGES
STEPS = ["00_set_prediction", "03_encoder", TRAINED_IN]
CONFIG = 'c = get_config()\nc.WriteVerdicts.judge = "autograder.tests.attacks.quick.judge"\n'
SEED = "20200526\n"
PR_SET_CHILD_SUBREAPER = 36
HONEST = {
    "b-right": {"box_cxcywh_to_xyxy": right_answer, "generalized_box_iou": right_answer},
    "k-half": {"box_cxcywh_to_xyxy": right_answer},
    "n-wrong": {"generalized_box_iou": wrong_answer},
    "z-right": {"encoder_layer": right_answer, "encoder": right_answer},
}


def test_there_are_attacks_of_every_kind():
    kinds = {attack.category for attack in ATTACKS}
    assert kinds >= {"tampering", "theft", "exits", "resources", "luck_and_state", "contamination"}
    assert len(ATTACKS) + len(DAMAGES) + len(FILES) >= 80


def answer(release: Notebook, answers: dict[str, str]) -> Notebook:
    """Return a copy of a release with answers to some exercises."""
    copy = json.loads(json.dumps(release))
    for cell in copy["cells"]:
        cell["source"] = answers.get(grade_id(cell).removeprefix("todo_"), cell["source"])
    return copy


def submit_honest(inbox: Path, releases: dict[str, Notebook]) -> None:
    for student, makers in HONEST.items():
        answers = {exercise: make(exercise) for exercise, make in makers.items()}
        for step in {step_of(exercise)[0] for exercise in answers}:
            put(inbox / student, f"{step}.ipynb", answer(releases[step], answers))


def put(folder: Path, name: str, notebook: Notebook) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(notebook), encoding="utf-8")


def submit_attacks(inbox: Path, releases: dict[str, Notebook]) -> None:
    for attack in ATTACKS:
        step, _ = step_of(attack.exercise)
        notebook = answer(releases[step], {attack.exercise: attack.source})
        put(inbox / attack.student, f"{step}.ipynb", notebook)
    for name, (write, _, _) in DAMAGES.items():
        folder = inbox / f"malformed-{name}"
        folder.mkdir()
        right = {malformed.EXERCISE: right_answer(malformed.EXERCISE)}
        write(folder, answer(releases[malformed.STEP], right))
        if not any(folder.iterdir()):
            folder.rmdir()  # it has handed in a zip
    for name, (save, _) in FILES.items():
        folder = inbox / f"weights-{name}"
        folder.mkdir()
        save(folder / NAME)


def state_of(folder: Path) -> dict[str, str]:
    """Return a fingerprint of every file in a folder, without what Python itself writes."""
    return {
        str(path): "link" if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """Grade the honest alone, then in one batch with all attacks; return what was and what came of it."""
    top = tmp_path_factory.mktemp("attacks")
    alone, course, inbox = top / "alone", top / "course", top / "inbox"
    make_release(alone, only=STEPS)
    (alone / "nbgrader_config.py").write_text(CONFIG)
    (alone / "secret_seed.txt").write_text(SEED)
    shutil.copytree(alone, course)
    releases = {step: read_json(alone / "release" / step / f"{step}.ipynb") for step in STEPS}
    for place in ("home/.ipython", "canary"):
        (top / place).mkdir(parents=True)
        (top / place / "here").write_text("as it was")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(top / "home"))
        patch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        submit_honest(top / "honest", releases)
        collect(top / "honest", alone)
        assert not [graded for graded in grade(alone, processes=2) if graded.problem]
        submit_honest(inbox, releases)
        submit_attacks(inbox, releases)
        records = collect(inbox, course)
        watched = [top / "home", top / "canary", inbox, alone, course / "release", course / "submitted"]
        watched += [ROOT / "notebooks" / "detrlab", ROOT / "data", SOLUTIONS]
        watched += [AUTOGRADER / "hidden", Path(sys.prefix) / "etc"]
        before = {folder: state_of(folder) for folder in watched}
        others = set(psutil.Process().children(recursive=True))  # of tests before this one: a browser
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # what is left over comes to us
        graded = grade(course, processes=2)
        all_left = psutil.Process().children(recursive=True)
        own = [process for process in all_left if not others & {process, *process.parents()}]
        _, left = psutil.wait_procs(own, timeout=20)
        left = [" ".join(process.cmdline()) for process in left if is_alive(process)]
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        after = {folder: state_of(folder) for folder in watched}
        pages = write_feedback(course)
    return SimpleNamespace(**locals())


def is_alive(process: psutil.Process) -> bool:
    """Say whether a process still runs: ended ones stay listed until somebody asks."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def verdict(course: Path, student: str, exercise: str) -> dict:
    """Return what was found of one answer."""
    step, _ = step_of(exercise)
    return read_json(grading_record_path(course, student, step))["verdicts"][exercise]


def points(course: Path) -> dict[str, float]:
    """Return what each student has in all, as nbgrader's gradebook has it."""
    total: dict[str, float] = {}
    for row in read_results(course).results:
        total[row.student] = total.get(row.student, 0.0) + (row.score or 0.0)
    return total


def worth(exercise: str) -> float:
    """Return the points of an exercise."""
    step, _ = step_of(exercise)
    return next(found.points for found in exercises_of(step) if found.name == exercise)


@pytest.mark.slow
@pytest.mark.sandbox
def test_the_batch_completes(batch):
    taken = {(record.student, record.step) for record in batch.records if record.taken}
    assert {(graded.student, graded.step) for graded in batch.graded} >= taken
    assert not [graded for graded in batch.graded if graded.problem]


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.student for attack in ATTACKS])
def test_attack(batch, attack: Attack):
    found = verdict(batch.course, attack.student, attack.exercise)
    assert points(batch.course)[attack.student] == (worth(attack.exercise) if attack.full_marks else 0)
    assert found["credit"] == float(attack.full_marks), found["message"]
    assert attack.message in found["message"]


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.parametrize("name", DAMAGES)
def test_malformed(batch, name):
    _, expected, message = DAMAGES[name]
    student = f"malformed-{name}"
    own = [record for record in batch.records if record.student == student]
    if expected == malformed.REFUSED:
        assert not any(record.taken for record in own)
        assert all(record.needs_review and message in record.reason for record in own)
        assert points(batch.course).get(student, 0) == 0
    else:
        full = worth(malformed.EXERCISE) if expected == malformed.FULL else 0
        assert points(batch.course)[student] == full


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.parametrize("name", FILES)
def test_weights(batch, name):
    student = f"weights-{name}"
    found = read_json(grading_record_path(batch.course, student, TRAINED_IN))["verdicts"]["toy_detr"]
    assert points(batch.course)[student] == 0
    assert FILES[name][1] in found["message"]
    assert not MARK.exists()


@pytest.mark.slow
@pytest.mark.sandbox
def test_equal_weights_are_flagged(batch):
    records = read_json(intake_records_path(batch.course))["records"]
    digests = {r["student"]: r["digest"] for r in records if r["file"] == NAME and r["taken"]}
    same = [student for student, digest in digests.items() if list(digests.values()).count(digest) > 1]
    assert sorted(same) == ["weights-of_another_student", "weights-of_another_student_too"]


@pytest.mark.slow
@pytest.mark.sandbox
def test_the_honest_get_what_they_get_alone(batch):
    for student, makers in HONEST.items():
        assert points(batch.course)[student] == points(batch.alone)[student]
        for exercise in makers:
            alone, among = (verdict(c, student, exercise) for c in (batch.alone, batch.course))
            assert [alone[key] for key in ("state", "sentence", "credit")] == [
                among[key] for key in ("state", "sentence", "credit")
            ]
    assert points(batch.course)["b-right"] == worth("box_cxcywh_to_xyxy") + worth("generalized_box_iou")


@pytest.mark.slow
@pytest.mark.sandbox
def test_nothing_is_changed_and_nothing_left_over(batch):
    assert batch.before == batch.after
    assert [words for words in batch.left if "multiprocessing" not in words] == []


@pytest.mark.slow
@pytest.mark.sandbox
def test_pages_hold_no_scripts_and_no_hidden_checks(batch):
    for path in batch.pages.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        body = page[page.index("<body") :]
        words = ("<script>document.title", "onerror=alert(1)>", "HIDDEN TESTS", "hidden.", "\x1b")
        assert [word for word in words if word in body] == [], path
