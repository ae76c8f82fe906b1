"""detrlab.cells.running: which statements of a step's cells run, and what fails."""

import pytest

from autograder.authoring.sources import all_steps, code_cells
from detrlab.cells import running
from detrlab.cells.cell import Cell
from detrlab.cells.running import FAILURES, execute

STEP = "03_encoder"


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


@pytest.mark.parametrize("step", all_steps())
def test_no_experiment_of_the_course_runs_beside_its_answers(step):
    statements = list(running.read(code_cells(step), step, []))
    running.choose(statements)
    beside = [statement for statement in statements if statement.runs and not statement.is_required]
    assert [one.source for one in beside if not running.is_definition(one.node)] == []


def test_import_of_a_demo_runs_only_where_something_that_runs_reads_it():
    demo = "import fractions\nimport decimal\nfractions.x()\ndef half():\n    return decimal.Decimal(1)"
    module = execute([Cell(demo, "demo"), Cell("import fractions as f", "helper")], STEP)
    assert module.half() == 1 and module.f
    assert not hasattr(module, "fractions")
