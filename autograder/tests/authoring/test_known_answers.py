"""Every exercise has enough known wrong answers and known right ones, each with its own message."""

from collections import Counter

import pytest

from autograder.authoring.exercises import exercises_of
from autograder.authoring.known_answers import alternatives, known_slip, replaced, slips
from autograder.authoring.markers import SourceError
from autograder.authoring.sources import all_steps, code_cells

STEP = "02_positional_encoding"


@pytest.mark.parametrize("step", all_steps())
def test_every_exercise_has_enough_slips_and_alternatives(step):
    exercises = [exercise.name for exercise in exercises_of(step)]
    wrong = Counter(slip.exercise for slip in slips(step))
    right = Counter(exercise for _, exercise, _ in alternatives(step))
    assert set(wrong) | set(right) <= set(exercises), "a slip or an alternative of no exercise"
    for exercise in exercises:
        assert wrong[exercise] >= 6
        assert right[exercise] >= 3


@pytest.mark.parametrize("step", all_steps())
def test_ids_and_messages_of_slips_are_unique(step):
    table = slips(step)
    assert len({(slip.exercise, slip.id) for slip in table}) == len(table)
    assert len({(slip.exercise, slip.message) for slip in table}) == len(table)


ROW = {"id": "x", "exercise": "sine_1d", "message": "So."}
WITH = {"replace": "angle.sin()", "with": "angle.cos()"}
PAIRS = [["angle.sin()", "angle.tan()"], ["angle.cos()", "angle.sin()"]]


def test_row_has_one_replacement_or_a_list_of_them_and_variants():
    slip = known_slip(ROW | WITH | {"variants": [PAIRS]}, "table")
    assert slip.replacements == (("angle.sin()", "angle.cos()"),)
    assert slip.variants == ((("angle.sin()", "angle.tan()"), ("angle.cos()", "angle.sin()")),)
    several = known_slip(ROW | {"replacements": PAIRS}, "table")
    [todo] = [
        cell for cell in several.apply(code_cells(STEP)) if cell.name == "sine_1d" and cell.role == "todo"
    ]
    assert "angle.tan(), angle.sin()" in todo.source


@pytest.mark.parametrize(
    ("row", "keys"),
    [
        (ROW, "replace, with"),
        (ROW | WITH | {"replacements": PAIRS}, "replace, with"),
        (ROW | WITH | {"variant": []}, "variant"),
        ({"id": "x"} | WITH, "exercise, message"),
    ],
)
def test_row_with_a_wrong_key_is_refused_by_name(row, keys):
    with pytest.raises(SourceError, match=f"table, slip 'x': check the keys {keys}"):
        known_slip(row, "table")


@pytest.mark.parametrize("old", ["no such text", "angle"])
def test_replaced_text_has_to_stand_there_once(old):
    with pytest.raises(SourceError, match="has to stand there exactly once"):
        replaced(code_cells(STEP), "sine_1d", [(old, "")], "Slip 'x'")
