"""Trained models that are alike need review for all whose they are, until a person has given points."""

from pathlib import Path

import pytest

from autograder.gradebook.queries import Gradebook, GradeRow, SubmissionRow
from autograder.gradebook.record import MODEL_TRACE, GradingRecord
from autograder.judging.models.alike import SHIPPED_MODEL, AlikeModels
from autograder.reports.class_report import write_class_report
from autograder.reports.results import (
    ClassResults,
    StepResult,
    add_models,
    fingerprints_of_models,
    read_results,
)
from detrlab.checkpoint import TRAINED_IN

STUDENTS = ("ada", "bea", "carl")
COPIED = AlikeModels(("ada", "bea"), "", 0.006, needs_review=True)
OF_SHIPPED = AlikeModels(("carl",), SHIPPED_MODEL, 0.034, needs_review=True)
EXPLAINED = AlikeModels(("ada", "bea"), "", 0.0, needs_review=False)


def gradebook(points_by_hand: float | None = None) -> Gradebook:
    """Return a gradebook of three students with all points for their models; ada's perhaps by hand."""
    rows = {}
    for student in STUDENTS:
        by_hand = points_by_hand if student == "ada" else None
        grade = GradeRow("tests_toy_detr", 8.0, by_hand, None, 8.0, needs_review=False)
        rows[student, TRAINED_IN] = SubmissionRow(None, 0.0, grades=[grade])
    return Gradebook([], {TRAINED_IN: 22.0}, rows)


def results() -> dict[tuple[str, str], StepResult]:
    """Return their results, none of which needs review."""
    return {(student, TRAINED_IN): StepResult(student, TRAINED_IN, 8.0, 22.0) for student in STUDENTS}


def reviews(found: AlikeModels, book: Gradebook) -> dict[str, bool]:
    """Return for each student whether the result needs review once this was found."""
    rows = results()
    add_models([found], book, rows)
    assert all(row.needs_review == bool(row.problems) for row in rows.values())
    assert all(row.score == 8.0 and not row.remarks for row in rows.values()), "nobody loses a point"
    return {student: rows[student, TRAINED_IN].needs_review for student in STUDENTS}


def test_alike_models_need_review_for_both_and_for_nobody_else():
    assert reviews(COPIED, gradebook()) == {"ada": True, "bea": True, "carl": False}


def test_points_by_hand_settle_the_question_for_whom_they_were_given():
    assert reviews(COPIED, gradebook(8.0)) == {"ada": False, "bea": True, "carl": False}
    assert reviews(COPIED, gradebook(0.0)) == {"ada": False, "bea": True, "carl": False}


def test_equal_models_that_equal_computers_explain_need_no_review():
    assert not any(reviews(EXPLAINED, gradebook()).values())


def test_model_like_the_shipped_one_is_left_to_its_verdict():
    assert not any(reviews(OF_SHIPPED, gradebook()).values())


def test_models_are_those_of_the_records_of_the_step_that_trains():
    trained, other = GradingRecord(traces={MODEL_TRACE: "f"}), GradingRecord(traces={"todo_x": "g"})
    records = {("ada", TRAINED_IN): trained, ("bea", TRAINED_IN): other, ("ada", "03_encoder"): trained}
    assert fingerprints_of_models(records) == {"ada": "f"}


@pytest.mark.xdist_group("report")
def test_report_lists_alike_models_with_distance_and_reason(course: Path):
    read = read_results(course)
    assert read.alike_models == []
    rows = results()
    add_models([COPIED, OF_SHIPPED], gradebook(), rows)
    shown = [*read.results, *rows.values()]
    everything = ClassResults(course, read.gradebook, read.records, shown, [COPIED, OF_SHIPPED])
    page = write_class_report(everything).read_text(encoding="utf-8")
    assert '<td class="number">0.6 %</td><td></td><td>ada, bea</td>' in page
    assert '<td class="number">3.4 %</td><td>Like the model that ships with the course. </td>' in page
    assert "The trained models of ada, bea are alike: they differ by 0.6%." in page
