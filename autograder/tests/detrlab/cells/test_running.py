"""detrlab.cells.running: which statements of a step's cells run, and what fails."""

import pytest

from autograder.authoring.sources import all_steps, code_cells
from detrlab.cells.cell import Cell
from detrlab.cells.choosing import choose
from detrlab.cells.needs import is_definition
from detrlab.cells.running import FAILURES, execute, read

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
    statements = list(read(code_cells(step), step, []))
    choose(statements)
    beside = [statement for statement in statements if statement.runs and not statement.is_required]
    assert [one.source for one in beside if not is_definition(one.node)] == []


def test_import_of_a_demo_runs_only_where_something_that_runs_reads_it():
    demo = "import fractions\nimport decimal\nfractions.x()\ndef half():\n    return decimal.Decimal(1)"
    module = execute([Cell(demo, "demo"), Cell("import fractions as f", "helper")], STEP)
    assert module.half() == 1 and module.f
    assert not hasattr(module, "fractions")


ANSWER = ("add = lambda a, b: a + b\ndef f(a, b):\n    return add(a, b)", "todo", "f")
CHECK = ("check('f')", "tests", "f")


@pytest.mark.parametrize("role", ["helper", "demo"])
@pytest.mark.parametrize(
    "later",
    [
        "left, add = abs(1), max(2, 3)",
        "for add in range(3):\n    pass",
        "add = 3",
        "with open('x') as add: 1",
    ],
)
def test_name_given_another_value_below_the_check_keeps_the_value_that_was_checked(role, later):
    module = execute([Cell(*ANSWER), Cell(*CHECK), Cell(f"{later}\nadd.show()", role)], STEP)
    assert module.f(1, 2) == 3
    assert vars(module)[FAILURES] == []


def test_function_of_a_demo_does_not_replace_that_of_an_answer():
    module = execute([Cell(*ANSWER), Cell(*CHECK), Cell("def add(a, b):\n    return 0", "demo")], STEP)
    assert module.f(1, 2) == 3


def test_function_that_a_learner_writes_again_below_the_check_replaces_the_first():
    cells = [Cell(*ANSWER), Cell(*CHECK), Cell("def f(a, b):\n    return a * b", "helper")]
    assert execute(cells, STEP).f(3, 4) == 12


def test_name_that_is_bound_below_the_check_only_is_there():
    answer = Cell("def f(a, b):\n    return add(a, b)", "todo", "f")
    module = execute([answer, Cell(*CHECK), Cell("add = dict(x=max)['x']", "helper")], STEP)
    assert module.f(1, 2) == 2


def test_name_that_a_later_answer_reads_again_has_its_last_value():
    cells = [
        Cell("size = int('2')\ndef f():\n    return size", "todo", "f"),
        Cell(*CHECK),
        Cell("size = int('5')", "helper"),
        Cell("def g():\n    return size", "todo", "g"),
        Cell("check('g')", "tests", "g"),
        Cell("size = int('9')", "helper"),
    ]
    assert execute(cells, STEP).g() == 5
