"""detrlab.study.writing: written answers read from saved notebooks."""

import json

import pytest

from detrlab.study.writing import count_words, written_answer


def save_essay(week, text):
    """Save a notebook with one written question and this text as its answer."""
    metadata = {"nbgrader": {"grade_id": "written_recap"}}
    cell = {"cell_type": "markdown", "metadata": metadata, "source": text.splitlines(keepends=True)}
    (week / "98_essay.ipynb").write_text(json.dumps({"cells": [cell]}), encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("YOUR ANSWER HERE", "still empty in 98_essay.ipynb"),
        ("An end-to-end answer – of 1,000 *good* words:\nDETR's.", "saved: 8, within the 9."),
        ("**Model answer.** One.\n\n**Rubric.** 1 point: two.", "saved: 1, within the 9."),
        ("a b c d e f g h i j", "saved: 10, 1 too many."),
        ("YOUR ANSWER HERE\n\nNo anchors, no IOU.", "what these mean? anchor, IoU"),
    ],
)
def test_count_words_prints_count_limit_and_terms_to_explain(week, capsys, text, message):
    save_essay(week, text)
    count_words("98_essay", "recap", limit=9, explain=("anchor", "IoU", "ions"))
    assert message in capsys.readouterr().out


def test_count_words_reports_missing_question(week, capsys):
    save_essay(week, "A word.")
    for step, name in (("99_nothing", "recap"), ("98_essay", "other")):
        count_words(step, name, limit=9)
        assert "no " in capsys.readouterr().out
        assert written_answer(step, name) is None
