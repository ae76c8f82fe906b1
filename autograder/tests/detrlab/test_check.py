"""detrlab.check: the answers of a visible check, and what it draws."""

import pytest
import torch

from autograder.authoring import known_answers
from autograder.authoring.exercises import exercises_of, step_of
from autograder.authoring.sources import code_cells
from autograder.hidden.known_verdicts import answer
from detrlab import check
from detrlab.cells.running import execute
from detrlab.checks.errors import CheckFailed


def test_check_reports_right_unwritten_and_wrong_answers(capsys):
    def stub(boxes):
        raise NotImplementedError

    solution = vars(execute(code_cells("00_set_prediction"), "x"))["box_cxcywh_to_xyxy"]
    check.box_cxcywh_to_xyxy(solution)
    assert capsys.readouterr().out == "✓ box_cxcywh_to_xyxy\n"
    with pytest.raises(CheckFailed) as unwritten:
        check.box_cxcywh_to_xyxy(stub)
    assert unwritten.value._render_traceback_() == ["○ box_cxcywh_to_xyxy: nothing here yet"]
    with pytest.raises(CheckFailed) as wrong:
        check.box_cxcywh_to_xyxy(lambda boxes: boxes)
    assert wrong.value._render_traceback_()[0].startswith("✗ ")


def test_unknown_check_raises_error_with_known_names():
    with pytest.raises(AttributeError, match=r'no check named "encodr"; there are: .*encoder'):
        check.encodr  # noqa: B018


@pytest.mark.parametrize(
    ("mine", "is_drawn"),
    [
        (torch.eye(2).long(), False),
        (torch.eye(2, dtype=torch.float64), False),
        (torch.ones(2, 2), True),
        (torch.eye(3), True),
        ([[1.0, 0.0], [0.0, 1.0]], True),
    ],
)
def test_table_of_the_right_numbers_of_another_kind_is_not_drawn(mine, is_drawn):
    assert check.can_be_told_apart(mine, torch.eye(2)) is is_drawn
    assert not check.can_be_told_apart(mine, torch.ones(2))


@pytest.mark.parametrize("ap", [0.0, 0.001])
def test_trained_model_that_earns_no_points_gets_no_tick(monkeypatch, capsys, tmp_path, ap):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy_detr.safetensors").touch()
    monkeypatch.setattr("detrlab.checkpoint.load_detr", lambda _: None)
    monkeypatch.setattr("detrlab.ap.evaluate", lambda *_: {"AP": ap})
    check.toy_detr(None)
    printed = capsys.readouterr().out
    assert printed.startswith("○ toy_detr: AP 0.00") and "earns no points yet" in printed


@pytest.mark.parametrize(
    ("exercise", "slip", "words"),
    [
        ("box_cxcywh_to_xyxy", "full-side", "box 0: yours"),
        ("positional_encoding", "x-before-y", "of the numbers differ, most at"),
        ("matcher", "probability-as-cost", "expected query"),
        ("detr_loss", "weight-on-class-0", "the bbox loss for one layer: right"),
        ("cross_attention_maps", "column-by-column", "of the numbers differ, most at"),
        ("encoder_layer", "pos-on-values", "of the numbers differ, most at"),
    ],
)
def test_failed_check_draws_difference_and_describes_it(notebook, exercise, slip, words):
    step = step_of(exercise)[0]
    [wrong] = [
        known for known in known_answers.slips(step) if known.id == slip and known.exercise == exercise
    ]
    symbol = {e.name: e.symbol for e in exercises_of(step)}[exercise]
    with pytest.raises(CheckFailed):
        check.check(exercise, answer(wrong.apply(code_cells(step)), step, symbol))
    [(bundle, _)] = notebook
    assert words in bundle["text/plain"] and "image/png" in bundle
