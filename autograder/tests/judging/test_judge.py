"""The same verdicts where the learner's code runs in a process of its own; how a session can end."""

import os
import subprocess
import sys

import pytest

from autograder.authoring import known_answers
from autograder.authoring.exercises import exercises_of
from autograder.authoring.known_answers import known_answers as all_known_answers
from autograder.authoring.sources import all_steps, code_cells
from autograder.hidden import checking
from autograder.judging.judge import judge, judge_exercise
from autograder.sandbox.limits import Limits
from autograder.sandbox.monitor import private_memory
from autograder.sandbox.process import Sandbox
from detrlab.checks.errors import CheckFailed

STEP = "03_encoder"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(Limits(total_seconds=3600.0)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def impatient():
    with Sandbox(Limits(seconds=4.0)) as sandbox:
        yield sandbox


def judged(sandbox, step, exercise, cells):
    found = next(e for e in exercises_of(step) if e.name == exercise)
    return judge_exercise(step, found, cells, sandbox, seed=11)


@pytest.mark.slow
@pytest.mark.parametrize("step", all_steps())
def test_known_answers_through_the_box(sandbox, step):
    wrong = {}
    for known in all_known_answers(step):
        exercise, expected = known.exercise, known.expected
        verdict = judged(sandbox, step, exercise, known.cells)
        expected = f"○ {exercise}: nothing here yet" if expected == "○" else expected
        said = verdict.message.partition("\n")[0]  # frames may follow
        if said.removesuffix(f" {exercise}") != expected:
            wrong[known.name] = verdict.message
    assert not wrong


def test_a_mistake_costs_one_exercise(sandbox):
    slip = next(slip for slip in known_answers.slips(STEP) if slip.id == "pos-on-values")
    cells = slip.apply(code_cells(STEP))
    assert judged(sandbox, STEP, "encoder_layer", cells).state == "failed"
    assert judged(sandbox, STEP, "encoder", cells).state == "passed"


GOOD = next(cell for cell in code_cells(STEP) if cell.name == "encoder_layer").source
ENDS = {
    "exit": ("import os\nos._exit(0)", "aborted", "ended its process"),
    "exit-code": ("import os\nos._exit(3)", "aborted", "exit code 3"),
    "system-exit": ("raise SystemExit", "aborted", "ended its process"),
    "killed": ("import os\nos.kill(os.getpid(), 9)", "aborted", "stopped itself"),
    "parent-killed": ("import os\nos.kill(os.getppid(), 9)\nos._exit(0)", "aborted", "is gone"),
    "loop": ("while True: pass", "aborted", "took too long"),
    "syntax": ("def f(:", "failed", "SyntaxError"),
    "raises": ("1 / 0", "failed", "ZeroDivisionError"),
    "deep": ("def f(): return f()\nf()", "failed", "RecursionError"),
    "not-a-module": ("TransformerEncoderLayer = 5", "failed", "your code raised"),
    "prints-to-the-pipe": ("import os\n[os.write(fd, b'x' * 99) for fd in range(9)]", "aborted", ""),
    "kwargs": ("class TransformerEncoderLayer: pass", "failed", "your code raised TypeError"),
}


@pytest.mark.slow
@pytest.mark.parametrize("source, state, words", ENDS.values(), ids=ENDS.keys())
def test_every_end_is_a_verdict(sandbox, impatient, source, state, words):
    cells = known_answers.with_answer(code_cells(STEP), "encoder_layer", source)
    verdict = judged(impatient if "while" in source else sandbox, STEP, "encoder_layer", cells)
    assert verdict.credit == 0
    if source.startswith("import os\n[os.write"):
        return  # a write into any descriptor may end in several ways; none of them gives points
    assert verdict.state == state
    assert words in verdict.message
    assert verdict.needs_review == ("while" in source)  # the clock ran out, as it may on a busy machine


@pytest.mark.parametrize(
    "source", ["import os\nos._exit(0)", "raise SystemExit", "raise KeyboardInterrupt"]
)
def test_who_ends_the_process_loses_one_exercise(sandbox, source):
    cells = known_answers.with_answer(code_cells(STEP), "encoder", source)
    assert judged(sandbox, STEP, "encoder", cells).state == "aborted"
    assert judged(sandbox, STEP, "encoder_layer", cells).state == "passed"


LUCKY = """
class TransformerEncoderLayer(TransformerEncoderLayer):
    def forward(self, src, pos):
        return super().forward(src, pos) + float(seen)
import tempfile
from pathlib import Path
mark = Path(tempfile.gettempdir(), "seen")
seen = mark.exists()
mark.touch()
"""


def test_who_is_right_once_and_wrong_once_is_shown_to_a_person(sandbox, monkeypatch):
    """Nothing in a sandbox tells the first process from the second, so here the check itself differs."""
    failures = iter([None, CheckFailed("wrong")])

    def check(*_, **__):
        if failure := next(failures):
            raise failure

    monkeypatch.setattr(checking, "check", check)
    verdict = judged(sandbox, STEP, "encoder_layer", code_cells(STEP))
    assert (verdict.state, verdict.credit, verdict.needs_review) == ("flaky", 0.0, True)
    assert "right the first time, not the second" in verdict.message


def test_a_check_that_breaks_costs_one_exercise(sandbox, monkeypatch):
    """Who finds an answer that our check cannot bear gets a person's eye, and keeps the other points."""
    real = checking.check

    def check(name, *rest, **options):
        return 1 / 0 if name == "encoder_layer" else real(name, *rest, **options)

    monkeypatch.setattr(checking, "check", check)
    verdict = judged(sandbox, STEP, "encoder_layer", code_cells(STEP))
    assert (verdict.state, verdict.credit, verdict.needs_review) == ("flaky", 0.0, True)
    assert "the check itself broke on your answer (ZeroDivisionError)" in verdict.message
    assert judged(sandbox, STEP, "encoder", code_cells(STEP)).state == "passed"


@pytest.mark.sandbox
def test_nothing_that_a_session_writes_is_there_in_the_next(sandbox):
    cells = known_answers.with_answer(code_cells(STEP), "encoder_layer", GOOD + LUCKY)
    assert judged(sandbox, STEP, "encoder_layer", cells).state == "passed"


def test_no_name_that_a_learner_gives_stops_what_is_written_down(sandbox):
    named = (
        GOOD
        + "\n_init = TransformerEncoderLayer.__init__\ndef odd(self, *a, **k):\n    _init(self, *a, **k)"
    )
    named += "\n    self.register_parameter('\\ud800\\x1b[31m', nn.Parameter(torch.ones(1)))"
    cells = known_answers.with_answer(
        code_cells(STEP), "encoder_layer", named + "\nTransformerEncoderLayer.__init__ = odd"
    )
    verdict = judged(sandbox, STEP, "encoder_layer", cells)
    assert verdict.state == "failed" and "a parameter too many" in verdict.message
    assert verdict.message.isprintable() and verdict.message.encode("utf-8")


def test_shared_memory_without_a_name_counts(tmp_path):
    code = "import mmap, sys\nm = mmap.mmap(-1, 2**26)\nfor i in range(0, len(m), 4096): m[i] = 1"
    code += "\nprint('held', flush=True)\nsys.stdin.read()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as process:
        process.stdout.readline()
        assert private_memory(process.pid) > 2**26
        process.kill()


def test_the_box_goes_on_after_any_end(sandbox):
    assert judged(sandbox, STEP, "encoder_layer", code_cells(STEP)).state == "passed"


def test_names_are_told_to_a_learner_whose_code_raises(sandbox):
    source = GOOD.replace("q = k = src + pos", "q = k = src + position")
    cells = known_answers.with_answer(code_cells(STEP), "encoder_layer", source)
    verdict = judged(sandbox, STEP, "encoder_layer", cells)
    assert "NameError: name 'position' is not defined" in verdict.message
    assert "in forward, line" in verdict.message
    assert os.sep + "autograder" not in verdict.message


def test_seed_draws_the_same_inputs_again(sandbox):
    cells = [
        {
            "cell_type": "code",
            "source": c.source,
            "metadata": {"nbgrader": {"grade_id": f"{c.role}_{c.name}"}},
        }
        for c in known_answers.with_answer(
            code_cells(STEP), "encoder_layer", GOOD.replace("src + pos", "2 * src + pos")
        )
        if c.role in ("todo", "locked")
    ]
    first, again, other = (
        {
            name: (verdict.message, verdict.seed)
            for name, verdict in judge(STEP, cells, sandbox, seed).items()
        }
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first["encoder_layer"] != other["encoder_layer"]
