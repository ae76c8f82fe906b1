"""What the notebooks import: loading one's own steps, a check's three answers, hints, predictions."""

import json
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autograder.authoring.sources import code_cells
from autograder.demo import solution
from autograder.tests.detrlab.folders import fill
from detrlab import check, predict, reveal, steps
from detrlab.checks import codec
from detrlab.checks.comparing import describe
from detrlab.checks.errors import CheckFailed
from detrlab.standins.registry import STANDINS
from detrlab.study import predictions
from detrlab.study.predictions import replay
from detrlab.study.writing import count_words, written_answer

STEP = "03_encoder"


def test_load_gives_stand_ins_for_what_is_not_written(week, capsys):
    assert steps.load(STEP).TransformerEncoder is STANDINS[STEP]["TransformerEncoder"]
    assert capsys.readouterr().out.count("\n") == 1


def test_load_gives_ones_own_class(week, capsys):
    fill(week, STEP, **solution(STEP))
    encoder = steps.load(STEP).TransformerEncoder(n_layers=2, d_model=8, n_heads=2, dim_ff=8)
    assert type(encoder) is not STANDINS[STEP]["TransformerEncoder"]
    assert encoder(torch.zeros(1, 3, 8), torch.zeros(1, 3, 8)).shape == (1, 3, 8)
    assert capsys.readouterr().out == ""


def test_load_gives_a_stand_in_for_half_a_step_only(week):
    answers = solution(STEP)
    fill(week, STEP, todo_encoder_layer=answers["todo_encoder_layer"])
    loaded = steps.load(STEP)
    assert loaded.TransformerEncoder is STANDINS[STEP]["TransformerEncoder"]
    assert loaded.TransformerEncoderLayer is not STANDINS[STEP]["TransformerEncoderLayer"]


def test_load_says_what_is_missing(week):
    with pytest.raises(FileNotFoundError, match=r'no notebook "99_nothing.ipynb"'):
        steps.load("99_nothing")
    (week / f"{STEP}.ipynb").write_text("{")
    with pytest.raises(ValueError, match="cannot be read as a notebook"):
        steps.load(STEP)


def test_only_definitions_of_added_cells_run():
    source = (
        "%timeit x\nimport math\nlimit = 3\ndef double(x):\n    return 2 * x\nraise SystemError\nprint(1)"
    )
    demo = "1 / 0\ndef half(x):\n    return x / 2\nclass Odd(unknown): pass"
    module = steps.execute([steps.Cell(source, "helper"), steps.Cell(demo, "demo")], STEP)
    assert module.half(module.double(module.limit)) == 3
    assert vars(module)["__failures__"] == {}


def test_one_broken_cell_leaves_the_others():
    cells = [steps.Cell("def f(:", "todo", "f"), steps.Cell("def g():\n    return 1", "todo", "g")]
    module = steps.execute(cells, STEP)
    assert module.g() == 1
    assert isinstance(vars(module)["__failures__"]["f"], SyntaxError)


def test_a_check_has_three_answers(capsys):
    def stub(boxes):
        raise NotImplementedError

    check.box_cxcywh_to_xyxy(
        vars(steps.execute(code_cells("00_set_prediction"), "x"))["box_cxcywh_to_xyxy"]
    )
    assert capsys.readouterr().out == "✓ box_cxcywh_to_xyxy\n"
    with pytest.raises(CheckFailed) as nothing:
        check.box_cxcywh_to_xyxy(stub)
    assert nothing.value._render_traceback_() == ["○ box_cxcywh_to_xyxy: nothing here yet"]
    with pytest.raises(CheckFailed) as wrong:
        check.box_cxcywh_to_xyxy(lambda boxes: boxes)
    assert wrong.value._render_traceback_()[0].startswith("✗ ")


def test_a_check_that_does_not_exist_is_named():
    with pytest.raises(AttributeError, match=r'no check named "encodr"; there are: .*encoder'):
        check.encodr  # noqa: B018


def test_a_prediction_is_kept_and_set_beside_what_happens(week, capsys):
    predict("question", ...)
    assert not (week / predictions.STORE).exists()
    predict("question", 4)
    predict("other", "yes")
    capsys.readouterr()
    reveal("question", 5)
    assert capsys.readouterr().out == "You predicted: 4\nWhat happened: 5\n"


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(PLAIN)
def test_codec_brings_back_what_it_took_apart(value):
    tensors = {}
    text = json.dumps(codec.flatten({"value": value, "tensor": torch.ones(2)}, tensors))
    back = codec.unflatten(json.loads(text), tensors)
    assert torch.equal(back["tensor"], torch.ones(2))
    assert repr(back["value"]) == repr(value)


def test_codec_refuses_what_is_not_data():
    with pytest.raises(TypeError, match="neither plain data nor a tensor"):
        codec.flatten(object(), {})
    for damaged in ({"tensor": "7"}, {"number": "pi"}, {"tuple": 3}, {}):
        with pytest.raises(ValueError, match="not of the form"):
            codec.unflatten(damaged, {})
    assert math.isnan(codec.unflatten({"number": "nan"}, {}))


def test_predictions_are_replayed_beside_what_happened(week, capsys):
    replay()
    assert "nothing to compare" in capsys.readouterr().out
    predict("two equal tokens", "no")
    predict("boxes after NMS", 4)
    reveal("two equal tokens", "yes: they differ")
    reveal("far away", "zero")
    capsys.readouterr()
    replay()
    said = capsys.readouterr().out
    assert said.index("boxes after NMS: four objects") < said.index("two equal tokens")  # as in the week
    assert "has not run" in said.partition("two equal tokens")[0]
    assert " no " in said and "yes: they differ" in said
    assert "far away" not in said  # nothing was predicted
    assert max(map(len, said.splitlines())) <= 106


def test_questions_are_found_in_what_learners_write():
    source = 'predict("one", 4)\npredict("two", "item #2")  # a question?\n'
    source += 'guess(\n    "three", ...\n)  # which?'
    assert predictions.ASKED.findall(source) == [("one", ""), ("two", "a question?"), ("three", "which?")]


def test_predictions_of_older_and_damaged_files(week, capsys):
    store = week / predictions.STORE
    store.write_text('{"my own question": "4"}', encoding="utf-8")
    reveal("my own question", 5)
    assert "You predicted: 4\n" in capsys.readouterr().out
    replay()
    assert "my own question" in capsys.readouterr().out
    store.write_text("{", encoding="utf-8")
    predict("my own question", 6)
    assert predictions.predictions() == {"my own question": "6"}


def write_up(week, text):
    """Save a notebook with one written question and this text as its answer."""
    metadata = {"nbgrader": {"grade_id": "written_recap"}}
    cell = {"cell_type": "markdown", "metadata": metadata, "source": text.splitlines(keepends=True)}
    (week / "98_essay.ipynb").write_text(json.dumps({"cells": [cell]}), encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("YOUR ANSWER HERE", "still empty in 98_essay.ipynb"),
        ("An end-to-end answer – of 1,000 *good* words:\nDETR's.", "saved: 8, within the 9."),
        ("**Model answer.** One.\n\n**Rubric.** 1 point: two.", "saved: 1, within the 9."),
        ("a b c d e f g h i j", "saved: 10, 1 too many."),
        ("YOUR ANSWER HERE\n\nNo anchors, no IOU.", "what these mean? anchor, IoU"),
    ],
)
def test_words_of_a_written_answer_are_counted(week, capsys, text, said):
    write_up(week, text)
    count_words("98_essay", "recap", limit=9, explain=("anchor", "IoU", "ions"))
    assert said in capsys.readouterr().out


def test_an_answer_that_is_not_there(week, capsys):
    write_up(week, "A word.")
    for step, name in (("99_nothing", "recap"), ("98_essay", "other")):
        count_words(step, name, limit=9)
        assert "no " in capsys.readouterr().out
        assert written_answer(step, name) is None


def test_a_single_number_is_named_and_a_secret_one_is_not():
    mine, right = torch.tensor(0.5), torch.tensor(2.0)
    assert describe("the loss", mine, right) == "the loss is off: it is 0.5 and should be 2."
    assert describe("the loss", mine, right, secret=True) == "the loss is off."
