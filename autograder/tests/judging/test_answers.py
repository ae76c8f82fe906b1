"""What a verdict says of the answer itself: a trace of its author, and whether it was read at all."""

from autograder.judging.answers import trace_of, with_answers
from autograder.judging.verdict import State, Verdict
from autograder.submissions.notebook_json import LEFT_OUT
from detrlab.cells.cell import Cell

ANSWER = (
    "def layer(x):\n" + "".join(f"    y{n} = x + {n}  # one more\n" for n in range(20)) + "    return x\n"
)
LONG = f"{LEFT_OUT.format(1, 2, 3)}\nraise NotImplementedError"


def verdicts_on(cells: list[Cell], state: State = State.FAILED) -> dict[str, Verdict]:
    """Return the verdict on `layer` among these cells."""
    return with_answers({"layer": Verdict(state, "✗ layer: no")}, cells)


def test_trace_is_the_same_without_comments_and_layout() -> None:
    assert trace_of(ANSWER) == trace_of(ANSWER.replace("  # one more", "").replace(" + ", "+")) != ""
    assert trace_of(ANSWER) != trace_of(ANSWER.replace("x + 7", "x + 8"))
    assert trace_of("def layer(x):\n    return x") == ""


def test_verdict_has_the_trace_of_its_answer_and_none_of_a_stub() -> None:
    assert verdicts_on([Cell(ANSWER, "todo", "layer")])["layer"].trace == trace_of(ANSWER)
    stub = "def layer(x):\n    raise NotImplementedError\n" + "# \n" * 200
    assert verdicts_on([Cell(stub, "todo", "layer")])["layer"].trace == ""


def test_answer_that_was_left_out_needs_review_and_its_message_says_so() -> None:
    verdict = verdicts_on([Cell(LONG, "todo", "layer")], State.UNTOUCHED)["layer"]
    assert verdict.needs_review and verdict.credit == 0
    assert verdict.message.startswith("✗ layer: your answer is longer than can be read")


def test_failure_beside_a_cell_that_was_left_out_needs_review_and_a_pass_does_not() -> None:
    cells = [Cell(LONG, "helper"), Cell(ANSWER, "todo", "layer")]
    assert verdicts_on(cells)["layer"].needs_review
    assert verdicts_on(cells, State.PASSED)["layer"] == Verdict(
        State.PASSED, "✗ layer: no", trace=trace_of(ANSWER)
    )
