"""How far the week has come, hints one by one, and one's own answer beside the solution's."""

import re
from html.parser import HTMLParser

import pytest

from autograder.authoring.exercises import exercises_of
from autograder.authoring.sources import code_cells
from autograder.demo import solution
from autograder.tests.detrlab.folders import fill
from detrlab import check, compare, hint, progress
from detrlab.checks.errors import CheckFailed
from detrlab.steps import execute
from detrlab.study import comparison
from detrlab.study.notebooks import steps

STEP = "03_encoder"
PASSED = {"tests_encoder_layer": "✓ encoder_layer\n"}


def own(exercise):
    """Return the solution's class of an exercise of step 3."""
    symbol = {e.name: e.symbol for e in exercises_of(STEP)}[exercise]
    return vars(execute(code_cells(STEP), STEP))[symbol]


def test_progress_reads_the_notebooks(week, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    fill(week, STEP, PASSED, **solution(STEP), written_pe_every_layer="Because.")
    (week / "05_heads.ipynb").write_text("damaged")
    progress()
    said = capsys.readouterr().out.replace("\N{NO-BREAK SPACE}", " ")
    assert "✓ encoder_layer  ✗ encoder  1 of 1 written" in said
    assert "○ sine_1d" in said and "05_heads" not in said
    assert "Next: box_cxcywh_to_xyxy, in 00_set_prediction." in said


def test_minutes_left_follow_what_is_done(week):
    def left():
        return {step.name: step.minutes_left for step in steps()}

    before = left()
    fill(week, STEP, PASSED, **solution(STEP))
    after = left()
    assert (before.pop(STEP), after.pop(STEP)) == (60, 40)  # one of three is done
    assert before == after


def test_lines_fit_into_a_narrow_terminal(week, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "90")
    progress()
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 90


class Table(HTMLParser):
    """Collects what a screen reader says in place of each mark and bar, and checks that tags close."""

    def __init__(self):
        super().__init__()
        self.labels, self.open = [], []

    def handle_starttag(self, tag, attributes):
        if tag != "br":
            self.open.append(tag)
        self.labels += [value for name, value in attributes if name == "aria-label"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_progress_in_a_notebook_is_a_table_that_can_be_read_aloud(week, notebook):
    fill(week, STEP, PASSED, **solution(STEP))
    progress()
    [(bundle, _)] = notebook
    table = Table()
    table.feed(bundle["text/html"])
    assert not table.open
    assert table.labels.count("passed") == 2  # encoder_layer, and once in the caption
    assert "1 of 3 done" in table.labels
    assert "✓\N{NO-BREAK SPACE}encoder_layer" in bundle["text/plain"]


def test_a_check_that_just_ran_counts_before_the_notebook_is_saved(week, capsys):
    def states():
        return next(step.exercises for step in steps() if step.name == STEP)

    assert states()["encoder_layer"] == "○"
    check.encoder_layer(own("encoder_layer"))
    assert states() == {"encoder_layer": "✓", "encoder": "○"}
    with pytest.raises(CheckFailed):
        check.encoder_layer(own("encoder"))
    assert states()["encoder_layer"] == "✗"
    assert "✓ encoder_layer\n" in capsys.readouterr().out


def test_the_trained_model_has_a_state_without_a_todo(week):
    def state(said):
        fill(week, "09_training", {"tests_toy_detr": said})
        return next(step.exercises["toy_detr"] for step in steps() if step.name == "09_training")

    assert [state(said) for said in ("", "✗ toy_detr: no", "✓ toy_detr: AP 0.70")] == ["○", "✗", "✓"]


def test_hints_come_one_by_one(week, capsys):
    for expected in ("Hint 1", "Hint 2", "Hint 3", "Help", "Help"):
        hint("encoder_layer")
        assert capsys.readouterr().out.startswith(expected)
    hint("encodr")
    assert "No notebook here has hints" in capsys.readouterr().out


def test_a_hint_in_a_notebook_is_rendered(week, notebook):
    hint("encoder_layer")
    assert notebook[0][0]["text/markdown"].startswith("**Hint 1 · ")


def test_compare_waits_for_the_check(week, capsys):
    compare("encoder_layer")
    said = capsys.readouterr().out
    assert "First your own" in said and "hint('encoder_layer')" in said
    compare("encodr")
    assert 'exercise "encodr"' in capsys.readouterr().out


def test_compare_shows_both_answers(week, notebook):
    mine = solution(STEP)["todo_encoder_layer"].replace("gathered", "collected < all")
    fill(week, STEP, PASSED, todo_encoder_layer=mine)
    compare("encoder_layer")
    [(bundle, _)] = notebook
    yours, theirs = re.findall("<pre.*?</pre>", bundle["text/html"], re.DOTALL)
    assert "collected &lt; all" in yours and "gathered" in theirs
    assert re.search("<b>.*gathered", theirs) and "<b>class" not in theirs
    assert "SOLUTION" not in bundle["text/plain"]


def test_compare_takes_what_ran_last_in_this_kernel(week, notebook):
    import IPython

    fill(week, STEP, PASSED, **solution(STEP))
    ran = solution(STEP)["todo_encoder_layer"].replace("gathered", "newer")
    IPython.get_ipython().user_ns["In"] += [ran, "check.encoder_layer(TransformerEncoderLayer)"]
    compare("encoder_layer")
    assert "newer" in notebook[0][0]["text/plain"]


def test_compare_without_solutions_says_so(week, capsys, monkeypatch):
    monkeypatch.setattr(comparison, "SOLUTIONS", week / "nowhere")
    fill(week, STEP, PASSED, **solution(STEP))
    compare("encoder_layer")
    assert "this copy of the course has no solutions" in capsys.readouterr().out
