"""A cell that only a newer Python reads costs no points unseen; the rest is judged as ever."""

import sys

import pytest

from autograder.authoring.known_answers import with_answer
from autograder.authoring.sources import code_cells
from autograder.judging.judge import judge
from autograder.judging.newer_python import needed_version, with_versions
from autograder.judging.verdict import State, Verdict
from autograder.sandbox.limits import Limits
from autograder.sandbox.process import Sandbox
from detrlab.cells.cell import Cell

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 12),
    reason="needs the oldest Python of the course, for which others are newer",
)

STEP = "03_encoder"
LAYER = next(cell.source for cell in code_cells(STEP) if cell.name == "encoder_layer")
SYNTAX = "✗ layer: your cells do not define it: SyntaxError: invalid syntax"
OTHER = "✗ stack: your stack has one layer too few."
# What a later Python can read, and which is the first; each is no Python 3.11.
NEWER = {
    "type alias": ("type Tokens = int", (3, 12)),
    "type parameters": ("def layer[T](x: T) -> T:\n    return x", (3, 12)),
    "quotes in an f-string": ('print(f"{x["a"]}")', (3, 12)),
    "backslash in an f-string": ("print(f'{\"\\n\".join(x)}')", (3, 12)),
    "default of a type parameter": ("class Layer[T = int]:\n    pass", (3, 13)),
    "template string": ('t"hello {x}"', (3, 14)),
    "exceptions without parentheses": ("try:\n    pass\nexcept KeyError, ValueError:\n    pass", (3, 14)),
}
WRONG_EVERYWHERE = ["x = = 3", "type Tokens = int\nx = = 3", "def f(:", "<<<<<<< HEAD", "print 'hello'"]


def verdicts_on(version: str, answer: str, message: str = SYNTAX, helper: str = "") -> dict[str, Verdict]:
    """Return the verdicts on two exercises, of which the first one's cell holds an answer."""
    cells = [Cell(helper, "helper"), Cell(answer, "todo", "layer"), Cell("x = 1", "todo", "stack")]
    verdicts = {"layer": Verdict(State.FAILED, message), "stack": Verdict(State.FAILED, OTHER)}
    return with_versions(verdicts, cells, version)


def names_versions(verdict: Verdict, theirs: str) -> bool:
    """Return whether a verdict names both versions, and asks a person."""
    return (
        verdict.needs_review
        and f"Python {theirs}" in verdict.message
        and "Python 3.11," in verdict.message
    )


@pytest.mark.parametrize(("source", "first"), NEWER.values(), ids=NEWER.keys())
def test_syntax_tells_the_python_that_it_needs(source, first):
    assert needed_version(source) == first


@pytest.mark.parametrize("source", [*WRONG_EVERYWHERE, "x = 1"])
def test_source_that_no_python_reads_or_every_one_does_needs_no_version(source):
    assert needed_version(source) is None


@pytest.mark.parametrize(("source", "first"), NEWER.values(), ids=NEWER.keys())
def test_versions_are_named_whether_the_notebook_says_its_own_or_not(source, first):
    assert names_versions(verdicts_on("3.14.1", source)["layer"], "3.14")
    assert names_versions(verdicts_on("", source)["layer"], f"{first[0]}.{first[1]} or newer")


@pytest.mark.parametrize("version", ["", "3.11.9", "3.9.0", "2.7"])
@pytest.mark.parametrize("source", WRONG_EVERYWHERE)
def test_mistake_on_the_graders_python_or_an_older_one_keeps_its_message(version, source):
    assert verdicts_on(version, source)["layer"] == Verdict(State.FAILED, SYNTAX)


@pytest.mark.parametrize("version", ["3.11.0", "3.9.0"])
def test_newer_syntax_in_a_notebook_of_an_older_python_is_a_mistake(version):
    assert verdicts_on(version, "type Tokens = int")["layer"] == Verdict(State.FAILED, SYNTAX)


def test_name_of_a_helper_that_cannot_be_read_asks_a_person():
    message = "✗ layer: your code raised NameError: name 'Tokens' is not defined"
    verdict = verdicts_on("3.12.4", "y = 1", message, helper="type Tokens = int")["layer"]
    assert names_versions(verdict, "3.12") and "`type Tokens = int`" in verdict.message


def test_other_mistakes_in_the_same_notebook_keep_their_messages():
    assert verdicts_on("3.12.4", "type Tokens = int")["stack"] == Verdict(State.FAILED, OTHER)


@pytest.mark.parametrize("state", [state for state in State if state != State.FAILED])
def test_verdict_that_is_no_failure_stays(state):
    verdict = Verdict(state, SYNTAX, 0.5)
    cells = [Cell("type Tokens = int", "todo", "layer")]
    assert with_versions({"layer": verdict}, cells, "3.12") == {"layer": verdict}


def test_demos_that_nothing_needs_and_checks_ask_nobody():
    cells = [Cell("type A = int", "demo"), Cell("type B = int", "tests", "stack")]
    verdicts = {"stack": Verdict(State.FAILED, OTHER)}
    assert with_versions(verdicts, cells, "3.12") == verdicts


@pytest.mark.slow
@pytest.mark.parametrize("metadata", [{}, {"language_info": {"name": "python", "version": "3.14.0"}}])
def test_notebook_of_a_newer_python_costs_no_other_exercise(metadata):
    template = f't"a template of Python 3.14"\n\n\n{LAYER}'
    cells = [
        {
            "cell_type": "code",
            "source": cell.source,
            "metadata": {"nbgrader": {"grade_id": f"{cell.role}_{cell.name}"}},
        }
        for cell in with_answer(code_cells(STEP), "encoder_layer", template)
        if cell.name
    ]
    with Sandbox(Limits(total_seconds=3600.0)) as sandbox:
        verdicts = judge(STEP, {"cells": cells, "metadata": metadata}, sandbox, seed=3)
    assert names_versions(verdicts["encoder_layer"], "3.14")
    assert verdicts["encoder"].state == State.PASSED
