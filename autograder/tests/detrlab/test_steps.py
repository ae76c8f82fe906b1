"""detrlab.steps: one notebook's code loaded into another, with stand-ins for unwritten steps."""

import pytest
import torch

from autograder.demo import solution
from autograder.tests.detrlab.learner_notebooks import fill_notebook
from detrlab import steps
from detrlab.cells.cell import Cell
from detrlab.cells.running import FAILURES, execute
from detrlab.standins.registry import STANDINS

STEP = "03_encoder"


def test_load_returns_stand_in_for_unwritten_step(week, capsys):
    assert steps.load(STEP).TransformerEncoder is STANDINS[STEP]["TransformerEncoder"]
    assert capsys.readouterr().out.count("\n") == 1


def test_load_returns_learners_class_for_written_step(week, capsys):
    fill_notebook(week, STEP, **solution(STEP))
    encoder = steps.load(STEP).TransformerEncoder(n_layers=2, d_model=8, n_heads=2, dim_ff=8)
    assert type(encoder) is not STANDINS[STEP]["TransformerEncoder"]
    assert encoder(torch.zeros(1, 3, 8), torch.zeros(1, 3, 8)).shape == (1, 3, 8)
    assert capsys.readouterr().out == ""


def test_load_replaces_only_unwritten_half_of_step(week):
    answers = solution(STEP)
    fill_notebook(week, STEP, todo_encoder_layer=answers["todo_encoder_layer"])
    module = steps.load(STEP)
    assert module.TransformerEncoder is STANDINS[STEP]["TransformerEncoder"]
    assert module.TransformerEncoderLayer is not STANDINS[STEP]["TransformerEncoderLayer"]


def test_load_names_missing_or_damaged_notebook(week):
    with pytest.raises(FileNotFoundError, match=r'no notebook "99_nothing.ipynb"'):
        steps.load("99_nothing")
    (week / f"{STEP}.ipynb").write_text("{")
    with pytest.raises(ValueError, match="cannot be read as a notebook"):
        steps.load(STEP)


def test_execute_runs_definitions_of_added_and_demo_cells_and_what_these_need():
    helper = (
        "%timeit x\nimport math\nlimit = 3\ndef double(x):\n    return 2 * x * unit\n"
        "unit = math.cos(0)\nraise SystemError\nprint(1)"
    )
    demo = "unit / 0\ndef half(x):\n    return x / 2\nclass Odd(unknown): pass"
    answer = "def twice(x):\n    return half(double(2 * x))"
    cells = [Cell(helper, "helper"), Cell(demo, "demo"), Cell(answer, "todo", "twice")]
    module = execute(cells, STEP)
    assert module.twice(3) == 6
    assert module.limit == 3
    assert [failure.names for failure in vars(module)[FAILURES]] == [{"Odd"}]


def test_execute_runs_other_cells_when_one_is_broken():
    cells = [Cell("def f(:", "todo", "f"), Cell("def g():\n    return 1", "todo", "g")]
    module = execute(cells, STEP)
    assert module.g() == 1
    (failure,) = vars(module)[FAILURES]
    assert isinstance(failure.error, SyntaxError)
    assert failure.names == {"f"}
