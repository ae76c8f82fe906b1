"""The same verdicts where the learner's code runs in a process of its own; how a session can end."""

import os
import subprocess
import sys

import pytest

from autograder import hidden
from autograder.authoring import build, slips
from autograder.hidden.verdicts import answers
from autograder.judging.verdict import judge, judge_one
from autograder.sandbox.box import Box, own_memory
from autograder.sandbox.lock import Limits
from detrlab.checks.alone import only_stand_ins
from detrlab.checks.outcome import CheckFailed

STEP = "03_encoder"


@pytest.fixture(scope="module")
def box():
    with Box(Limits(total_seconds=3600.0)) as box:
        yield box


@pytest.fixture(scope="module")
def impatient():
    with Box(Limits(seconds=4.0)) as box:
        yield box


def judged(box, step, exercise, cells):
    found = next(e for e in build.exercises(step) if e.name == exercise)
    with only_stand_ins():
        return judge_one(step, found, cells, box, seed=11)


@pytest.mark.slow
@pytest.mark.parametrize("step", build.steps())
def test_known_answers_through_the_box(box, step):
    wrong = {}
    for kind, exercise, expected, cells in answers(step):
        verdict = judged(box, step, exercise, cells)
        expected = f"○ {exercise}: nothing here yet" if expected == "○" else expected
        said = verdict.sentence.partition("\n")[0]  # frames may follow
        if said.removesuffix(f" {exercise}") != expected:
            wrong[kind] = verdict.sentence
    assert not wrong


def test_a_mistake_costs_one_exercise(box):
    slip = next(slip for slip in slips.slips(STEP) if slip.id == "pos-on-values")
    cells = slip.apply(build.code_cells(STEP))
    assert judged(box, STEP, "encoder_layer", cells).state == "fail"
    assert judged(box, STEP, "encoder", cells).state == "pass"


GOOD = next(cell for cell in build.code_cells(STEP) if cell.name == "encoder_layer").source
ENDS = {
    "exit": ("import os\nos._exit(0)", "ended", "ended its process"),
    "exit-code": ("import os\nos._exit(3)", "ended", "exit code 3"),
    "system-exit": ("raise SystemExit", "ended", "ended its process"),
    "killed": ("import os\nos.kill(os.getpid(), 9)", "ended", "stopped itself"),
    "parent-killed": ("import os\nos.kill(os.getppid(), 9)\nos._exit(0)", "ended", "is gone"),
    "loop": ("while True: pass", "ended", "took too long"),
    "syntax": ("def f(:", "fail", "SyntaxError"),
    "raises": ("1 / 0", "fail", "ZeroDivisionError"),
    "deep": ("def f(): return f()\nf()", "fail", "RecursionError"),
    "not-a-module": ("TransformerEncoderLayer = 5", "fail", "your code raised"),
    "prints-to-the-pipe": ("import os\n[os.write(fd, b'x' * 99) for fd in range(9)]", "ended", ""),
    "kwargs": ("class TransformerEncoderLayer: pass", "fail", "your code raised TypeError"),
}


@pytest.mark.slow
@pytest.mark.parametrize("source, state, words", ENDS.values(), ids=ENDS.keys())
def test_every_end_is_a_verdict(box, impatient, source, state, words):
    cells = slips.with_answer(build.code_cells(STEP), "encoder_layer", source)
    verdict = judged(impatient if "while" in source else box, STEP, "encoder_layer", cells)
    assert verdict.credit == 0
    if source.startswith("import os\n[os.write"):
        return  # a write into any descriptor may end in several ways; none of them gives points
    assert verdict.state == state
    assert words in verdict.sentence
    assert verdict.needs_person == ("while" in source)  # the clock ran out, as it may on a busy machine


@pytest.mark.parametrize(
    "source", ["import os\nos._exit(0)", "raise SystemExit", "raise KeyboardInterrupt"]
)
def test_who_ends_the_process_loses_one_exercise(box, source):
    cells = slips.with_answer(build.code_cells(STEP), "encoder", source)
    assert judged(box, STEP, "encoder", cells).state == "ended"
    assert judged(box, STEP, "encoder_layer", cells).state == "pass"


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


def test_who_is_right_once_and_wrong_once_is_shown_to_a_person(box, monkeypatch):
    """Nothing in a box tells the first process from the second, so here the check itself differs."""
    failures = iter([None, CheckFailed("wrong")])

    def check(*_):
        if failure := next(failures):
            raise failure

    monkeypatch.setattr(hidden, "check", check)
    verdict = judged(box, STEP, "encoder_layer", build.code_cells(STEP))
    assert (verdict.state, verdict.credit, verdict.needs_person) == ("doubt", 0.0, True)
    assert "right the first time, not the second" in verdict.sentence


def test_a_check_that_breaks_costs_one_exercise(box, monkeypatch):
    """Who finds an answer that our check cannot bear gets a person's eye, and keeps the other points."""
    real = hidden.check

    def check(name, *rest):
        return 1 / 0 if name == "encoder_layer" else real(name, *rest)

    monkeypatch.setattr(hidden, "check", check)
    verdict = judged(box, STEP, "encoder_layer", build.code_cells(STEP))
    assert (verdict.state, verdict.credit, verdict.needs_person) == ("doubt", 0.0, True)
    assert "the check itself broke on your answer (ZeroDivisionError)" in verdict.sentence
    assert judged(box, STEP, "encoder", build.code_cells(STEP)).state == "pass"


@pytest.mark.sandbox
def test_nothing_that_a_session_writes_is_there_in_the_next(box):
    cells = slips.with_answer(build.code_cells(STEP), "encoder_layer", GOOD + LUCKY)
    assert judged(box, STEP, "encoder_layer", cells).state == "pass"


def test_no_name_that_a_learner_gives_stops_what_is_written_down(box):
    named = (
        GOOD
        + "\n_init = TransformerEncoderLayer.__init__\ndef odd(self, *a, **k):\n    _init(self, *a, **k)"
    )
    named += "\n    self.register_parameter('\\ud800\\x1b[31m', nn.Parameter(torch.ones(1)))"
    cells = slips.with_answer(
        build.code_cells(STEP), "encoder_layer", named + "\nTransformerEncoderLayer.__init__ = odd"
    )
    verdict = judged(box, STEP, "encoder_layer", cells)
    assert verdict.state == "fail" and "a parameter too many" in verdict.sentence
    assert verdict.sentence.isprintable() and verdict.sentence.encode("utf-8")


def test_shared_memory_without_a_name_counts(tmp_path):
    code = "import mmap, sys\nm = mmap.mmap(-1, 2**26)\nfor i in range(0, len(m), 4096): m[i] = 1"
    code += "\nprint('held', flush=True)\nsys.stdin.read()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as process:
        process.stdout.readline()
        assert own_memory(process.pid) > 2**26
        process.kill()


def test_the_box_goes_on_after_any_end(box):
    assert judged(box, STEP, "encoder_layer", build.code_cells(STEP)).state == "pass"


def test_names_are_told_to_a_learner_whose_code_raises(box):
    source = GOOD.replace("q = k = src + pos", "q = k = src + position")
    cells = slips.with_answer(build.code_cells(STEP), "encoder_layer", source)
    verdict = judged(box, STEP, "encoder_layer", cells)
    assert "NameError: name 'position' is not defined" in verdict.sentence
    assert "in forward, line" in verdict.sentence
    assert os.sep + "autograder" not in verdict.sentence


def test_seed_draws_the_same_inputs_again(box):
    cells = [
        {
            "cell_type": "code",
            "source": c.source,
            "metadata": {"nbgrader": {"grade_id": f"{c.role}_{c.name}"}},
        }
        for c in slips.with_answer(
            build.code_cells(STEP), "encoder_layer", GOOD.replace("src + pos", "2 * src + pos")
        )
        if c.role in ("todo", "locked")
    ]
    first, again, other = (
        {
            name: (verdict.sentence, verdict.seed)
            for name, verdict in judge(STEP, cells, box, seed).items()
        }
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first["encoder_layer"] != other["encoder_layer"]
