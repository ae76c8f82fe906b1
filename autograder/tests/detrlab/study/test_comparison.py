"""detrlab.study.comparison: a learner's answer beside the solution's."""

import re

import IPython

from autograder.demo import solution
from autograder.tests.detrlab.learner_notebooks import fill_notebook
from detrlab import compare
from detrlab.study import comparison

STEP = "03_encoder"
PASSED = {"tests_encoder_layer": "✓ encoder_layer\n"}


def test_compare_shows_no_solution_before_check_passed(week, capsys):
    compare("encoder_layer")
    printed = capsys.readouterr().out
    assert "First your own" in printed and "hint('encoder_layer')" in printed
    compare("encodr")
    assert 'exercise "encodr"' in capsys.readouterr().out


def test_compare_shows_both_answers_with_differing_lines_bold(week, notebook):
    answer = solution(STEP)["todo_encoder_layer"].replace("gathered", "collected < all")
    fill_notebook(week, STEP, PASSED, todo_encoder_layer=answer)
    compare("encoder_layer")
    [(bundle, _)] = notebook
    yours, theirs = re.findall("<pre.*?</pre>", bundle["text/html"], re.DOTALL)
    assert "collected &lt; all" in yours and "gathered" in theirs
    assert re.search("<b>.*gathered", theirs) and "<b>class" not in theirs
    assert "SOLUTION" not in bundle["text/plain"]


def test_compare_prefers_answer_that_ran_last_in_this_kernel(week, notebook):
    fill_notebook(week, STEP, PASSED, **solution(STEP))
    newer = solution(STEP)["todo_encoder_layer"].replace("gathered", "newer")
    IPython.get_ipython().user_ns["In"] += [newer, "check.encoder_layer(TransformerEncoderLayer)"]
    compare("encoder_layer")
    assert "newer" in notebook[0][0]["text/plain"]


def test_compare_reports_course_without_solutions(week, capsys, monkeypatch):
    monkeypatch.setattr(comparison, "SOLUTIONS", week / "nowhere")
    fill_notebook(week, STEP, PASSED, **solution(STEP))
    compare("encoder_layer")
    assert "this copy of the course has no solutions" in capsys.readouterr().out
