"""detrlab.study.predictions: what a learner predicts, kept and set beside what happens."""

from detrlab import predict, reveal
from detrlab.study import predictions


def test_reveal_shows_kept_prediction_beside_outcome(week, capsys):
    predict("question", ...)
    assert not (week / predictions.STORE).exists()
    predict("question", 4)
    predict("other", "yes")
    capsys.readouterr()
    reveal("question", 5)
    assert capsys.readouterr().out == "You predicted: 4\nWhat happened: 5\n"


def test_replay_shows_predictions_in_order_of_the_week(week, capsys):
    predictions.replay()
    assert "nothing to compare" in capsys.readouterr().out
    predict("two equal tokens", "no")
    predict("boxes after NMS", 4)
    reveal("two equal tokens", "yes: they differ")
    reveal("far away", "zero")
    capsys.readouterr()
    predictions.replay()
    printed = capsys.readouterr().out
    assert printed.index("boxes after NMS: four objects") < printed.index("two equal tokens")
    assert "has not run" in printed.partition("two equal tokens")[0]
    assert " no " in printed and "yes: they differ" in printed
    assert "far away" not in printed  # nothing was predicted
    assert max(map(len, printed.splitlines())) <= 106


def test_pattern_matches_questions_as_learners_write_them():
    source = 'predict("one", 4)\npredict("two", "item #2")  # a question?\n'
    source += 'guess(\n    "three", ...\n)  # which?'
    assert predictions.ASKED.findall(source) == [("one", ""), ("two", "a question?"), ("three", "which?")]


def test_old_store_is_read_and_damaged_one_begun_anew(week, capsys):
    store = week / predictions.STORE
    store.write_text('{"my own question": "4"}', encoding="utf-8")
    reveal("my own question", 5)
    assert "You predicted: 4\n" in capsys.readouterr().out
    predictions.replay()
    assert "my own question" in capsys.readouterr().out
    store.write_text("{", encoding="utf-8")
    predict("my own question", 6)
    assert predictions.predictions() == {"my own question": "6"}
