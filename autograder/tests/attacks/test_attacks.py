"""Attacks gain nothing and change nothing: all of them are graded in one batch, among honest submissions.

The batch takes the path of every submission: intake, rebuilt on the release, a sandbox, nbgrader's
gradebook.
"""

import re

import pytest

from autograder.authoring.exercises import exercises_of, step_of
from autograder.judging.models.alike import SHIPPED_MODEL
from autograder.reports.results import read_results
from autograder.tests.attacks import malformed
from autograder.tests.attacks.batch import SEED, STEPS, Batch, grade_batch, read_verdict, total_points
from autograder.tests.attacks.files import Attack
from autograder.tests.attacks.malformed import MalformedSubmission
from autograder.tests.attacks.model_files import CREATED_BY_PICKLE, ModelFile
from autograder.tests.attacks.model_reuse import MODEL_FILES
from autograder.tests.attacks.submitting import (
    ATTACKS,
    HONEST,
    MALFORMED,
    malformed_student,
    model_student,
    points_of,
)
from autograder.workspace.files import read_json
from autograder.workspace.paths import intake_records_path
from detrlab.checkpoint import NAME, TRAINED_IN

pytestmark = pytest.mark.xdist_group("attacks")  # one process, which grades the batch once


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """Grade the batch."""
    return grade_batch(tmp_path_factory.mktemp("attacks"))


def test_attacks_cover_every_category():
    categories = {attack.category for attack in ATTACKS}
    assert categories >= {"tampering", "theft", "exits", "resources", "luck_and_state", "contamination"}
    assert len(ATTACKS) + len(MALFORMED) + len(MODEL_FILES) >= 80


@pytest.mark.slow
@pytest.mark.sandbox
def test_every_accepted_file_is_graded_without_problem(batch: Batch):
    accepted = {(record.student, record.step) for record in batch.records if record.taken}
    assert {(graded.student, graded.step) for graded in batch.graded} >= accepted
    assert not [graded for graded in batch.graded if graded.problem]


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.student for attack in ATTACKS])
def test_attack_gets_expected_points_and_message(batch: Batch, attack: Attack):
    step, _ = step_of(attack.exercise)
    verdict = read_verdict(batch.course, attack.student, step, attack.exercise)
    expected = points_of(attack.exercise) if attack.full_points else 0
    assert total_points(batch.course)[attack.student] == expected
    assert verdict["credit"] == float(attack.full_points), verdict["message"]
    assert attack.message in verdict["message"]
    if attack.never:
        assert not re.search(attack.never, verdict["message"]), verdict["message"]


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.parametrize("submission", MALFORMED, ids=[submission.name for submission in MALFORMED])
def test_malformed_submission_has_expected_outcome(batch: Batch, submission: MalformedSubmission):
    student = malformed_student(submission)
    points = total_points(batch.course)
    if submission.outcome == malformed.REFUSED:
        records = [record for record in batch.records if record.student == student]
        assert not any(record.taken for record in records)
        assert all(record.needs_review and submission.message in record.reason for record in records)
        assert points.get(student, 0) == 0
    else:
        full_points = submission.outcome == malformed.FULL_POINTS
        assert points[student] == (points_of(malformed.EXERCISE) if full_points else 0)


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.parametrize("model_file", MODEL_FILES, ids=[model_file.name for model_file in MODEL_FILES])
def test_model_file_gets_no_points_and_its_message(batch: Batch, model_file: ModelFile):
    student = model_student(model_file)
    verdict = read_verdict(batch.course, student, TRAINED_IN, "toy_detr")
    assert total_points(batch.course)[student] == 0
    assert model_file.message in verdict["message"]
    assert not CREATED_BY_PICKLE.exists()


@pytest.mark.slow
@pytest.mark.sandbox
def test_intake_records_show_equal_model_files(batch: Batch):
    records = read_json(intake_records_path(batch.course))["records"]
    digests = {r["student"]: r["digest"] for r in records if r["file"] == NAME and r["taken"]}
    equal = [student for student, digest in digests.items() if list(digests.values()).count(digest) > 1]
    assert {"weights-of_another_student", "weights-of_another_student_too"} <= set(equal)


@pytest.mark.slow
@pytest.mark.sandbox
def test_report_names_who_has_the_shipped_model_or_a_classmates(batch: Batch):
    found = read_results(batch.course).alike_models
    of_shipped = {name for alike in found for name in alike.students if alike.other == SHIPPED_MODEL}
    copies = [model_student(one) for one in MODEL_FILES if one.name.startswith("shipped_")]
    assert of_shipped >= set(copies) and len(copies) == 3
    own = {model_student(one) for one in MODEL_FILES if "own_model" in one.name}
    [group] = [alike for alike in found if own & set(alike.students)]
    assert set(group.students) == own and len(own) == 3
    assert group.needs_review and group.distance < 0.03


@pytest.mark.slow
@pytest.mark.sandbox
def test_honest_submissions_get_same_verdicts_among_attacks_as_alone(batch: Batch):
    alone, among_attacks = total_points(batch.honest_course), total_points(batch.course)
    for student, answers in HONEST.items():
        assert among_attacks[student] == alone[student]
        for exercise in answers:
            step, _ = step_of(exercise)
            expected, verdict = (
                read_verdict(course, student, step, exercise)
                for course in (batch.honest_course, batch.course)
            )
            for key in ("state", "message", "credit"):
                assert verdict[key] == expected[key]
    full_points = points_of("box_cxcywh_to_xyxy") + points_of("generalized_box_iou")
    assert among_attacks["b-right"] == full_points


@pytest.mark.slow
@pytest.mark.sandbox
def test_batch_changes_no_watched_file_and_leaves_no_process(batch: Batch):
    assert batch.before == batch.after
    assert [command for command in batch.processes if "multiprocessing" not in command] == []


@pytest.mark.slow
@pytest.mark.sandbox
def test_batch_writes_the_seed_nowhere_and_no_message_holds_a_decimal(batch: Batch):
    """A number of the inputs would be one; an AP, and numbers in the messages of slips, are short."""
    for path in batch.course.rglob("*"):
        if path.is_file() and path.name != "secret_seed.txt":
            assert SEED.strip().encode() not in path.read_bytes(), path
    for path in batch.course.glob("verdicts/*/*.json"):
        for verdict in read_json(path)["verdicts"].values():
            assert not re.search(r"\d\.\d{3}|\d{6}", verdict["message"]), verdict["message"]


@pytest.mark.slow
@pytest.mark.sandbox
def test_feedback_pages_hold_no_script_and_no_hidden_check(batch: Batch):
    hidden = [f"hidden.{exercise.name}(" for step in STEPS for exercise in exercises_of(step)]
    for path in batch.pages.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        body = page[page.index("<body") :]
        forbidden = ["<script>document.title", "onerror=alert(1)>", "HIDDEN TESTS", "\x1b", *hidden]
        assert [text for text in forbidden if text in body] == [], path
