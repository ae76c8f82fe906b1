"""detrlab.study.notebooks: the states of exercises and the minutes left, read from saved notebooks."""

import pytest

from autograder.authoring.exercises import exercises_of
from autograder.authoring.sources import code_cells
from autograder.demo import solution
from autograder.tests.detrlab.learner_notebooks import fill_notebook
from detrlab import check
from detrlab.cells.running import execute
from detrlab.checks.errors import CheckFailed
from detrlab.study.notebooks import steps

STEP = "03_encoder"


def solution_of(exercise):
    """Return the solution's class of an exercise of step 3."""
    symbol = {e.name: e.symbol for e in exercises_of(STEP)}[exercise]
    return vars(execute(code_cells(STEP), STEP))[symbol]


def test_minutes_left_shrink_with_passed_exercises(week):
    def minutes_left():
        return {step.name: step.minutes_left for step in steps()}

    before = minutes_left()
    fill_notebook(week, STEP, {"tests_encoder_layer": "✓ encoder_layer\n"}, **solution(STEP))
    after = minutes_left()
    assert (before.pop(STEP), after.pop(STEP)) == (60, 40)  # one of three is done
    assert before == after


def test_check_run_in_this_kernel_counts_before_notebook_is_saved(week, capsys):
    def states():
        return next(step.exercises for step in steps() if step.name == STEP)

    assert states()["encoder_layer"] == "○"
    check.encoder_layer(solution_of("encoder_layer"))
    assert states() == {"encoder_layer": "✓", "encoder": "○"}
    with pytest.raises(CheckFailed):
        check.encoder_layer(solution_of("encoder"))
    assert states()["encoder_layer"] == "✗"
    assert "✓ encoder_layer\n" in capsys.readouterr().out


def test_trained_model_has_state_though_it_has_no_todo_cell(week):
    def state_after(output):
        fill_notebook(week, "09_training", {"tests_toy_detr": output})
        return next(step.exercises["toy_detr"] for step in steps() if step.name == "09_training")

    outputs = ("", "✗ toy_detr: no", "✓ toy_detr: AP 0.70")
    assert [state_after(output) for output in outputs] == ["○", "✗", "✓"]
