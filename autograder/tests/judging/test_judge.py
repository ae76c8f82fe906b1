"""Verdicts where the learner's code runs in a sandbox, whatever the code does to its process."""

import os

import pytest

from autograder.authoring import known_answers
from autograder.authoring.exercises import exercises_of
from autograder.authoring.sources import all_steps, code_cells
from autograder.hidden import checking
from autograder.judging.judge import judge, judge_exercise
from autograder.judging.verdict import Verdict
from autograder.sandbox.limits import Limits
from autograder.sandbox.process import Sandbox
from detrlab.cells.cell import Cell
from detrlab.checks.errors import CheckFailed

STEP = "03_encoder"
SOLUTION = next(cell for cell in code_cells(STEP) if cell.name == "encoder_layer").source


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(Limits(total_seconds=3600.0)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def impatient_sandbox():
    with Sandbox(Limits(seconds=4.0)) as sandbox:
        yield sandbox


def judge_cells(sandbox: Sandbox, exercise: str, cells: list[Cell], step: str = STEP) -> Verdict:
    """Return the verdict on an exercise in these cells."""
    [graded] = [candidate for candidate in exercises_of(step) if candidate.name == exercise]
    return judge_exercise(step, graded, cells, sandbox, seed=11)


def cells_with(exercise: str, source: str) -> list[Cell]:
    """Return the cells of the step with another answer to an exercise."""
    return known_answers.with_answer(code_cells(STEP), exercise, source)


@pytest.mark.slow
@pytest.mark.parametrize("step", all_steps())
def test_known_answers_get_their_verdicts_in_a_sandbox(sandbox, step):
    wrong = {}
    for known in known_answers.known_answers(step):
        if known.variant:  # it is tried in test_known_verdicts.py
            continue
        exercise, expected = known.exercise, known.expected
        verdict = judge_cells(sandbox, exercise, known.cells, step)
        expected = f"○ {exercise}: nothing here yet" if expected == "○" else expected
        first_line = verdict.message.partition("\n")[0]  # frames may follow
        if first_line.removesuffix(f" {exercise}") != expected:
            wrong[known.name] = verdict.message
    assert not wrong


def test_mistake_in_one_exercise_costs_only_that_exercise(sandbox):
    slip = next(slip for slip in known_answers.slips(STEP) if slip.id == "pos-on-values")
    cells = slip.apply(code_cells(STEP))
    assert judge_cells(sandbox, "encoder_layer", cells).state == "failed"
    assert judge_cells(sandbox, "encoder", cells).state == "passed"


ENDINGS = {
    "exit": ("import os\nos._exit(0)", "aborted", "ended its process"),
    "exit-code": ("import os\nos._exit(3)", "aborted", "exit code 3"),
    "system-exit": ("raise SystemExit", "aborted", "ended its process"),
    "killed": ("import os\nos.kill(os.getpid(), 9)", "aborted", "stopped itself"),
    "parent-killed": ("import os\nos.kill(os.getppid(), 9)\nos._exit(0)", "aborted", "is gone"),
    "loop": ("while True: pass", "aborted", "took too long"),
    "syntax": ("def f(:", "failed", "SyntaxError"),
    "raises": ("1 / 0", "failed", "ZeroDivisionError"),
    "deep": ("def f(): return f()\nf()", "failed", "RecursionError"),
    "not-a-module": (
        "TransformerEncoderLayer = 5",
        "failed",
        "it cannot be used as it should be: TypeError",
    ),
    "prints-to-the-pipe": ("import os\n[os.write(fd, b'x' * 99) for fd in range(9)]", "aborted", ""),
    "kwargs": (
        "class TransformerEncoderLayer: pass",
        "failed",
        "cannot be used as it should be: TypeError",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("source, state, message", ENDINGS.values(), ids=ENDINGS.keys())
def test_every_way_to_end_a_session_gives_a_verdict(sandbox, impatient_sandbox, source, state, message):
    cells, is_endless = cells_with("encoder_layer", source), "while" in source
    verdict = judge_cells(impatient_sandbox if is_endless else sandbox, "encoder_layer", cells)
    assert verdict.credit == 0
    if source.startswith("import os\n[os.write"):
        return  # a write into any descriptor may end in several ways; none of them gives points
    assert verdict.state == state
    assert message in verdict.message
    assert verdict.needs_review == is_endless  # the time ran out, as it may on a busy machine


@pytest.mark.parametrize(
    "source", ["import os\nos._exit(0)", "raise SystemExit", "raise KeyboardInterrupt"]
)
def test_exit_in_one_exercise_costs_only_that_exercise(sandbox, source):
    cells = cells_with("encoder", source)
    assert judge_cells(sandbox, "encoder", cells).state == "aborted"
    assert judge_cells(sandbox, "encoder_layer", cells).state == "passed"


def test_answer_that_is_right_once_and_wrong_once_is_flaky(sandbox, monkeypatch):
    """Nothing in a sandbox differs between the two processes, so here the check itself does."""
    failures = iter([None, CheckFailed("wrong")])

    def check(*_, **__):
        if failure := next(failures):
            raise failure

    monkeypatch.setattr(checking, "check", check)
    verdict = judge_cells(sandbox, "encoder_layer", code_cells(STEP))
    assert (verdict.state, verdict.credit, verdict.needs_review) == ("flaky", 0.0, True)
    assert "right the first time, not the second" in verdict.message


def test_check_that_breaks_costs_one_exercise_which_needs_review(sandbox, monkeypatch):
    check = checking.check

    def break_encoder_layer(name, *rest, **options):
        return 1 / 0 if name == "encoder_layer" else check(name, *rest, **options)

    monkeypatch.setattr(checking, "check", break_encoder_layer)
    verdict = judge_cells(sandbox, "encoder_layer", code_cells(STEP))
    assert (verdict.state, verdict.credit, verdict.needs_review) == ("flaky", 0.0, True)
    assert "the check itself broke on your answer (ZeroDivisionError)" in verdict.message
    assert judge_cells(sandbox, "encoder", code_cells(STEP)).state == "passed"


RIGHT_IF_ALONE = """
class TransformerEncoderLayer(TransformerEncoderLayer):
    def forward(self, src, pos):
        return super().forward(src, pos) + float(is_second)
import tempfile
from pathlib import Path
mark = Path(tempfile.gettempdir(), "seen")
is_second = mark.exists()
mark.touch()
"""


@pytest.mark.sandbox
def test_file_written_in_a_session_is_gone_in_the_next(sandbox):
    cells = cells_with("encoder_layer", SOLUTION + RIGHT_IF_ALONE)
    assert judge_cells(sandbox, "encoder_layer", cells).state == "passed"


UNPRINTABLE_PARAMETER = """
_init = TransformerEncoderLayer.__init__
def init(self, *args, **kwargs):
    _init(self, *args, **kwargs)
    self.register_parameter('\\ud800\\x1b[31m', nn.Parameter(torch.ones(1)))
TransformerEncoderLayer.__init__ = init
"""


def test_unprintable_name_of_a_parameter_gives_a_printable_message(sandbox):
    cells = cells_with("encoder_layer", SOLUTION + UNPRINTABLE_PARAMETER)
    verdict = judge_cells(sandbox, "encoder_layer", cells)
    assert verdict.state == "failed" and "a parameter too many" in verdict.message
    assert verdict.message.isprintable() and verdict.message.encode("utf-8")


def test_sandbox_goes_on_after_sessions_that_ended_abnormally(sandbox):
    """It is the sandbox of all tests above."""
    assert judge_cells(sandbox, "encoder_layer", code_cells(STEP)).state == "passed"


def test_message_names_the_error_and_the_line_of_code_that_raises(sandbox):
    source = SOLUTION.replace("q = k = src + pos", "q = k = src + undefined_name")
    verdict = judge_cells(sandbox, "encoder_layer", cells_with("encoder_layer", source))
    assert "NameError: name 'undefined_name' is not defined" in verdict.message
    assert "in forward, line" in verdict.message
    assert os.sep + "autograder" not in verdict.message


def test_verdicts_are_the_same_for_every_seed(sandbox):
    """Messages included, so that nothing follows from one, and no number of the inputs is in it."""
    cells = [
        {
            "cell_type": "code",
            "source": cell.source,
            "metadata": {"nbgrader": {"grade_id": f"{cell.role}_{cell.name}"}},
        }
        for cell in cells_with("encoder_layer", SOLUTION.replace("src + pos", "2 * src + pos"))
        if cell.role in ("todo", "locked")
    ]
    first, again, other = (
        {
            exercise: verdict.message
            for exercise, verdict in judge(STEP, {"cells": cells}, sandbox, seed).items()
        }
        for seed in (1, 1, 2)
    )
    assert first == again == other
    assert "not the right numbers" in first["encoder_layer"]
