"""What `try` finds out: both sides' verdicts with case and slip, and never in this process."""

import json
import math
import sys
from pathlib import Path

import pytest

from autograder.authoring.exercises import exercises_of
from autograder.authoring.known_answers import alternatives, known_answers, slips
from autograder.authoring.sources import all_steps, code_cells
from autograder.judging.trial import (
    Answer,
    Trial,
    agree,
    find_exercise,
    judge_visibly,
    read_answers,
    try_answer,
)
from autograder.judging.verdict import State, Verdict
from autograder.sandbox.limits import Limits
from autograder.sandbox.process import Sandbox
from autograder.workspace.paths import NOTEBOOKS

STEP, EXERCISE = "03_encoder", "encoder_layer"
LAYER = next(cell.source for cell in code_cells(STEP) if cell.name == EXERCISE)
STUB = """class TransformerEncoderLayer(nn.Module):
    def __init__(self, **_):
        raise NotImplementedError"""
ALTERNATIVE = next(source for _, exercise, source in alternatives(STEP) if exercise == EXERCISE)
# An answer, the state on both sides, the slip, and words of the message.
ANSWERS = {
    "alternative": (ALTERNATIVE, State.PASSED, None, "✓ encoder_layer"),
    "stub": (STUB, State.UNTOUCHED, None, "nothing here yet"),
    "empty": ("", State.FAILED, None, "no cell defines TransformerEncoderLayer"),
    "syntax": ("def f(:", State.FAILED, None, "SyntaxError"),
    "exits": ("import os\nos._exit(3)", State.ABORTED, None, "exit code 3"),
    "slip": (LAYER.replace("value=src", "value=q"), State.FAILED, "pos-on-values", "Your values carry"),
    "unknown": (LAYER.replace("src + pos", "3 * src - pos"), State.FAILED, None, "numbers"),
    "raises": (LAYER.replace("hidden = ", "hidden = 1 / 0 * "), State.FAILED, None, "ZeroDivisionError"),
}


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(Limits(total_seconds=math.inf)) as sandbox:
        yield sandbox


def put(folder: Path, name: str, text: str) -> Path:
    """Write a file; return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def try_text(folder: Path, text: str, sandbox: Sandbox, seeds: int = 1) -> list[Trial]:
    """Try a text in the place of the exercise's cell."""
    [answer] = read_answers(EXERCISE, put(folder, "answer.py", text), folder)
    return list(try_answer(EXERCISE, answer, seeds, sandbox))


@pytest.mark.slow
@pytest.mark.parametrize(("text", "state", "slip", "words"), ANSWERS.values(), ids=ANSWERS.keys())
def test_both_sides_say_the_same_of_an_answer(tmp_path, sandbox, text, state, slip, words):
    trials = try_text(tmp_path, text, sandbox, seeds=2)
    assert [(trial.side, trial.seed) for trial in trials] == [
        ("visible", None),
        ("hidden", 0),
        ("hidden", 1),
    ]
    for trial in trials:
        verdict = trial.verdict
        assert (verdict.state, verdict.slip) == (state, slip), verdict
        assert words in verdict.message
        is_compared = state == State.FAILED and "your cells do not" not in verdict.message
        assert (verdict.case is not None) == is_compared and bool(verdict.why) == is_compared
    assert agree(trials)


@pytest.mark.slow
def test_reason_counts_the_wrong_cases_in_which_the_slip_does_the_same(tmp_path, sandbox):
    visible, hidden = try_text(tmp_path, ANSWERS["slip"][0], sandbox)
    assert visible.verdict.why.startswith("agrees with the slip in 3 of 3 wrong cases")
    assert hidden.verdict.why.startswith("agrees with the slip in ")
    [unknown, _] = try_text(tmp_path, ANSWERS["unknown"][0], sandbox)
    assert unknown.verdict.why.startswith("no known slip does the same")


@pytest.mark.slow
@pytest.mark.sandbox
def test_answer_runs_in_the_sandbox_and_never_in_this_process(tmp_path, sandbox):
    mark = tmp_path / "was here"
    leaves_marks = f"import sys\nsys.modules['{mark.name}'] = sys\nopen({str(mark)!r}, 'w').close()"
    try_text(tmp_path, f"{LAYER}\n{leaves_marks}", sandbox)
    assert not mark.exists() and mark.name not in sys.modules


@pytest.mark.slow
def test_notebook_s_own_cells_stand_around_its_answer(tmp_path, sandbox):
    """And the release's, where it is a step's: its helper is there, on both sides."""
    notebook = json.loads((NOTEBOOKS / f"{STEP}.ipynb").read_text(encoding="utf-8"))
    answer = LAYER.replace("q = k = src + pos", "q = k = total(src, pos)")
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == f"todo_{EXERCISE}":
            cell["source"] = answer
    helper = {"cell_type": "code", "metadata": {}, "source": "def total(a, b):\n    return a + b"}
    notebook["cells"].insert(1, helper)
    path = put(tmp_path, "my homework.ipynb", json.dumps(notebook))
    [read] = read_answers(EXERCISE, path, tmp_path)
    assert [trial.passed for trial in try_answer(EXERCISE, read, 1, sandbox)] == [True, True]


@pytest.mark.audit
@pytest.mark.parametrize("step", all_steps())
def test_known_answers_get_their_visible_verdicts_in_a_sandbox(sandbox, step):
    """As in the notebook, where no pipe lies between the check and the answer."""
    wrong, exercises = {}, {exercise.name: exercise for exercise in exercises_of(step)}
    for known in known_answers(step):
        verdict = judge_visibly(step, exercises[known.exercise], known.cells, sandbox)
        expected = f"○ {known.exercise}: nothing here yet" if known.expected == "○" else known.expected
        if verdict.headline.removesuffix(f" {known.exercise}") != expected:
            wrong[known.name] = verdict.message
        elif known.name in {slip.id for slip in slips(step)} and verdict.slip is None:
            wrong[known.name] = "no slip was recognised"
    assert not wrong


def test_folder_is_read_to_its_depth_in_order_and_only_python(tmp_path):
    for name in ("b.py", "a/z.py", "a/y.py", "notes.txt", "a/n.ipynb"):
        put(tmp_path, name, f"# {name}")
    (tmp_path / "folder.py").mkdir()
    answers = read_answers(EXERCISE, tmp_path, tmp_path)
    assert [Path(answer.file).relative_to(tmp_path).as_posix() for answer in answers] == [
        "a/y.py",
        "a/z.py",
        "b.py",
    ]
    sources = {cell.source for cell in answers[0].cells}
    assert "# a/y.py" in sources and LAYER not in sources, "in the place of the TODO's cell"
    assert len(answers[0].cells) == len(code_cells(STEP))


WRONG_USE = {
    "missing": ("none.py", None, "There is no file and no folder"),
    "text": ("answer.txt", b"x = 1", "neither a .py file nor a notebook"),
    "latin": ("answer.py", b"# \xe9", "is not UTF-8 text"),
    "broken notebook": ("03_encoder.ipynb", b"{", "cut off"),
    "other step": ("x.ipynb", (NOTEBOOKS / "05_heads.ipynb").read_bytes(), "is a notebook of 05_heads"),
}


@pytest.mark.parametrize(("name", "content", "message"), WRONG_USE.values(), ids=WRONG_USE.keys())
def test_file_that_cannot_be_tried_is_named_in_one_sentence(tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        read_answers(EXERCISE, path, tmp_path)
    assert name in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("encoder_layr", "did you mean 'encoder_layer'?"),
        ("Encoder_Layer", "did you mean 'encoder_layer'?"),
        ("TransformerEncoder", "did you mean 'encoder'?"),
        ("todo_matcher", "did you mean 'matcher'?"),
        ("zzz", "there are: box_cxcywh_to_xyxy, "),
        ("", "there are: box_cxcywh_to_xyxy, "),
    ],
)
def test_unknown_exercise_has_a_suggestion(name, hint):
    with pytest.raises(ValueError) as error:
        find_exercise(name)
    assert hint in str(error.value)


def trial(file: str, seed: int | None, state: State) -> Trial:
    """Return a trial with a state."""
    return Trial(EXERCISE, file, "visible" if seed is None else "hidden", seed, Verdict(state, ""))


def test_sides_agree_where_both_pass_or_neither_does_whatever_the_reason():
    right = [trial("a", None, State.PASSED), trial("a", 0, State.PASSED)]
    wrong = [trial("b", None, State.FAILED), trial("b", 0, State.ABORTED), trial("b", 1, State.UNTOUCHED)]
    assert agree([*right, *wrong])
    assert not agree([*right, trial("a", 1, State.FLAKY)])
    assert not agree([trial("a", None, State.FAILED), trial("a", 0, State.PASSED)])


def test_json_has_the_agreed_keys():
    verdict = Verdict(State.FAILED, "✗ wrong", slip="a-slip", case=2, why="why")
    assert Trial(EXERCISE, "a.py", "hidden", 3, verdict).to_json() == {
        "file": "a.py",
        "side": "hidden",
        "seed": 3,
        "state": "failed",
        "message": "✗ wrong",
        "slip": "a-slip",
        "case": 2,
    }


def test_answer_without_a_notebook_has_no_python_of_its_own(tmp_path):
    [answer] = read_answers(EXERCISE, put(tmp_path, "answer.py", LAYER), tmp_path)
    assert answer == Answer(str(tmp_path / "answer.py"), code_cells(STEP))
